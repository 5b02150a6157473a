import { constants, read } from 'node:fs';
import { access, open, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { Failure } from '../../domain/failure.ts';
import { makePrivateDirectory, publish } from '../../kit/files.ts';
import type { KeptFiles, OpenFile } from '../kept.ts';
import { Reads } from './reads.ts';

/**
 * What a download holds while its client reads nothing. Pieces of 256 KiB send one report at 1.8 GB/s instead of 0.8 on
 * a loopback, more than networks carry, and 300 clients that read nothing would hold 77 MB instead of 19.
 */
const pieceBytes = 64 * 1024;
/** Leaves less garbage than the reads of a FileHandle. */
const readFrom = promisify(read);

/** Finished files in a directory of their own. What is put there must be in the same directory, fsynced. */
export class DiskFiles implements KeptFiles {
  readonly #directory: string;
  readonly #reads = new Reads();

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** Makes the directory (0700) where it is not there. */
  static async open(directory: string): Promise<DiskFiles> {
    return new DiskFiles(await makePrivateDirectory(directory));
  }

  async put(name: string, path: string): Promise<void> {
    await publish(path, this.#path(name));
  }

  async open(name: string): Promise<OpenFile> {
    // O_NOFOLLOW: a link put in the file's place is refused. O_NONBLOCK: so is a pipe, without waiting for a writer.
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const file = await open(this.#path(name), flags);
    const { dev, ino, size, mtimeNs, ctimeNs, ...stat } = await file.stat({ bigint: true });
    if ((stat.mode & BigInt(constants.S_IFMT)) !== BigInt(constants.S_IFREG)) {
      await file.close();
      throw new Error('It is not a regular file.');
    }
    const reads = this.#reads;
    return {
      bytes: Number(size),
      state: [dev, ino, size, mtimeNs, ctimeNs].join(),
      // Its link count, and with it ctime, may change: a file that is removed is let finish.
      pieces: async function* (start, end) {
        const buffer = Buffer.allocUnsafeSlow(Math.min(pieceBytes, end - start));
        for (let at = start; at < end; ) {
          const { bytesRead } = await reads.run(() =>
            readFrom(file.fd, buffer, 0, Math.min(buffer.length, end - at), at),
          );
          at += bytesRead;
          if (bytesRead === 0 || at >= end) {
            const now = await file.stat({ bigint: true });
            if (bytesRead === 0 || now.size !== size || now.mtimeNs !== mtimeNs) {
              throw new Error('It changed while it was read.');
            }
          }
          yield buffer.subarray(0, bytesRead);
        }
      },
      close: () => file.close(),
    };
  }

  async local(name: string): Promise<AsyncDisposable & { readonly path: string }> {
    const path = this.#path(name);
    await access(path, constants.R_OK);
    return { path, [Symbol.asyncDispose]: async () => undefined };
  }

  async remove(name: string): Promise<void> {
    await rm(this.#path(name), { force: true });
  }

  /** What is being written here is a leftover too, so nothing may be written meanwhile. */
  async removeLeftovers(needed: () => Promise<ReadonlySet<string>>): Promise<number> {
    const entries = await readdir(this.#directory, { withFileTypes: true });
    const names = await needed();
    const left = entries.filter((entry) => !entry.isDirectory() && !names.has(entry.name));
    for (const { name } of left) await this.remove(name);
    return left.length;
  }

  async check(): Promise<void> {
    await access(this.#directory, constants.W_OK | constants.X_OK);
  }

  #path(name: string): string {
    if (basename(name) === name) return join(this.#directory, name);
    throw new Failure('internal', 'A file was asked for under a name that is never given.');
  }
}
