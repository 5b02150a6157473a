import { createHash, type Hash } from 'node:crypto';
import { once } from 'node:events';
import type { FileHandle } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { piecesOf } from '../../kit/sha256.ts';

/** A part of this size is digested on another thread beside the whole: it saves 130 ms of 2 s in a report of a million rows. */
const largeBytes = 64 * 2 ** 20;

/**
 * SHA-256 of a file, read after it is written: local headers are written twice, so the bytes cannot be digested on
 * their way. They were just written, so this reads memory, not disk.
 */
export class FileDigest {
  readonly #file: FileHandle;
  readonly #whole = createHash('sha256');
  #at = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** The SHA-256 (hex) of a part of the file; the bytes up to its end must not change any more. */
  async ofPart(start: number, end: number): Promise<string> {
    await this.#readUpTo(start);
    if (end - start >= largeBytes) {
      // The thread reads by the descriptor, so it must have ended before the caller may close the file.
      const [part, whole] = await Promise.allSettled([digestOnThread(this.#file.fd, start, end), this.#readUpTo(end)]);
      if (part.status === 'rejected') throw part.reason;
      if (whole.status === 'rejected') throw whole.reason;
      return part.value;
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

/** Throws what the thread throws, and when the thread ends without an answer. */
async function digestOnThread(fd: number, start: number, end: number): Promise<string> {
  const thread = new Worker(new URL('./digest-thread.ts', import.meta.url), { workerData: { fd, start, end } });
  const ended = new AbortController();
  thread.once('exit', () => ended.abort(new Error('The thread that digests a file ended without an answer.')));
  const [digest] = (await once(thread, 'message', { signal: ended.signal })) as [string];
  return digest;
}
