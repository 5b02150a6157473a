import { createHash, type Hash } from 'node:crypto';
import { once } from 'node:events';
import type { FileHandle } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { piecesOf } from '../../kit/sha256.ts';

/** From here on the part's digest is worth a thread beside the whole's: 130 ms of 2 s in a report of a million rows. */
const largeBytes = 64 * 2 ** 20;

/**
 * SHA-256 of a file, read once it stands still: local headers are written twice, so what was written cannot be digested
 * on its way. It was just written, so this reads memory, not disk.
 */
export class FileDigest {
  readonly #file: FileHandle;
  readonly #whole = createHash('sha256');
  #at = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** The SHA-256 (hex) of a part of the file; what stands up to its end may not change any more. */
  async ofPart(start: number, end: number): Promise<string> {
    await this.#readUpTo(start);
    if (end - start >= largeBytes) {
      const part = digestOnThread(this.#file.fd, start, end);
      const [digest] = await Promise.all([part, this.#readUpTo(end)]);
      return digest;
    }
    const part = createHash('sha256');
    await this.#readUpTo(end, part);
    return part.digest('hex');
  }

  /** The SHA-256 (hex) of the whole file, which ends at `end`. */
  async ofWhole(end: number): Promise<string> {
    await this.#readUpTo(end);
    return this.#whole.digest('hex');
  }

  async #readUpTo(end: number, part?: Hash): Promise<void> {
    for await (const piece of piecesOf(this.#file.fd, this.#at, end)) {
      this.#whole.update(piece);
      part?.update(piece);
      this.#at += piece.length;
    }
    if (this.#at < end) throw new RangeError(`The file ends at ${this.#at}, before ${end}.`);
  }
}

/** The file stays open until the answer is there, for it is awaited. */
async function digestOnThread(fd: number, start: number, end: number): Promise<string> {
  const thread = new Worker(new URL('./digest-thread.ts', import.meta.url), { workerData: { fd, start, end } });
  const [digest] = (await once(thread, 'message')) as [string];
  return digest;
}
