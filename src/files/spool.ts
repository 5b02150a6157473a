import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Failure } from '../domain/failure.ts';
import { createPrivateFile, makePrivateDirectory, orDiskFull } from '../kit/files.ts';
import { DiskFiles } from './disk/disk-files.ts';
import type { KeptFiles } from './kept.ts';
import { partial } from './ref.ts';

/** Received bytes that may wait for the disk. */
const bufferBytes = 4 << 20;

/** A file in the spool, whole and on disk. */
export type Spooled = { readonly spoolName: string; readonly bytes: number };

/** Received files, until the store has their rows, and the records of each that were set aside (rejects). */
export class Spool {
  readonly kept: KeptFiles;
  /** Where files are received and written. */
  readonly #directory: string;

  private constructor(kept: KeptFiles, directory: string) {
    this.kept = kept;
    this.#directory = directory;
  }

  /** Keeps files in the directory, or elsewhere; they are received there in any case. */
  static async open(directory: string, elsewhere: KeptFiles | null = null): Promise<Spool> {
    await makePrivateDirectory(directory);
    return new Spool(elsewhere ?? (await DiskFiles.open(directory)), directory);
  }

  /**
   * Takes a body; it is durable when this returns. Leaves nothing behind when the sender hangs up or the body
   * is longer than `most` bytes (`body_too_large`) or empty (`body_invalid`).
   */
  async receive(body: AsyncIterable<Uint8Array>, most: number): Promise<Spooled> {
    const spoolName = `${randomUUID()}.import`;
    const temporary = this.#path(spoolName + partial);
    const file = await createPrivateFile(temporary);
    let bytes = 0;
    const counted = async function* () {
      for await (const chunk of body) {
        bytes += chunk.byteLength;
        if (bytes > most) {
          throw new Failure(
            'body_too_large',
            `The file is larger than ${most} bytes; split it, or raise TRAILPORT_IMPORT_BYTES.`,
          );
        }
        yield chunk;
      }
    };
    try {
      // The stream writes what came meanwhile at once, so chunks of a socket are not waited for one by one.
      await pipeline(counted, file.createWriteStream({ flush: true, highWaterMark: bufferBytes }));
      if (bytes === 0)
        throw new Failure('body_invalid', 'The body is empty; send a file of audit records as the body.');
      await this.kept.put(spoolName, temporary);
    } catch (error) {
      await rm(temporary, { force: true });
      throw orDiskFull(error);
    } finally {
      await file.close();
    }
    return { spoolName, bytes };
  }

  /** Where a file in the spool lies on this machine, until the answer is disposed of; throws `import_lost` when it is gone. */
  async local(spoolName: string): Promise<AsyncDisposable & { readonly path: string }> {
    try {
      return await this.kept.local(spoolName);
    } catch (cause) {
      if (cause instanceof Failure) throw cause;
      throw new Failure('import_lost', 'The received file is no longer there; send it again.', { cause });
    }
  }

  /** A file for the records that an attempt sets aside; `publish` gives it its name. */
  async beginRejects(
    name: string,
  ): Promise<{ write(text: string): Promise<void>; publish(): Promise<void>; discard(): Promise<void> }> {
    const temporary = this.#path(name + partial);
    await rm(temporary, { force: true });
    const file = await createPrivateFile(temporary);
    return {
      write: (text) => file.writeFile(text),
      publish: async () => {
        await file.sync();
        await file.close();
        await this.kept.put(name, temporary);
      },
      discard: async () => {
        await file.close();
        await rm(temporary, { force: true });
      },
    };
  }

  /** Removes the records that were set aside, also while they are written. */
  async removeRejects(name: string): Promise<void> {
    await rm(this.#path(name + partial), { force: true });
    await this.remove(name);
  }

  /** The records that were set aside, as NDJSON. */
  async readRejects(name: string): Promise<Readable> {
    const file = await this.kept.open(name);
    const pieces = async function* () {
      try {
        // A stream holds pieces while others are read.
        for await (const piece of file.pieces(0, file.bytes)) yield Buffer.from(piece);
      } finally {
        await file.close();
      }
    };
    return Readable.from(pieces(), { objectMode: false });
  }

  async remove(name: string): Promise<void> {
    await this.kept.remove(name);
  }

  #path(name: string): string {
    return join(this.#directory, name);
  }
}
