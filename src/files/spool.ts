import { randomUUID } from 'node:crypto';
import { constants, createReadStream, type ReadStream } from 'node:fs';
import { access, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Failure } from '../domain/failure.ts';
import { createPrivateFile, makePrivateDirectory, orDiskFull, publish } from '../kit/files.ts';
import { partial } from './ref.ts';

/** Received bytes that may wait for the disk. */
const bufferBytes = 4 << 20;

/** A file in the spool, whole and on disk. */
export type Spooled = { readonly spoolName: string; readonly bytes: number };

/** Received files, until the store has their rows, and the records of each that were set aside (rejects). */
export class Spool {
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async open(directory: string): Promise<Spool> {
    return new Spool(await makePrivateDirectory(directory));
  }

  /**
   * Writes a body to disk; it is fsynced when this returns. Leaves nothing behind when the sender hangs up or the body
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
      await publish(temporary, this.#path(spoolName));
    } catch (error) {
      await rm(temporary, { force: true });
      throw orDiskFull(error);
    } finally {
      await file.close();
    }
    return { spoolName, bytes };
  }

  /** Where a file in the spool lies; throws `import_lost` when it is gone. */
  async pathOf(spoolName: string): Promise<string> {
    const path = this.#path(spoolName);
    try {
      await access(path, constants.R_OK);
      return path;
    } catch (cause) {
      throw new Failure('import_lost', 'The received file is no longer in the data directory; send it again.', {
        cause,
      });
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
        await publish(temporary, this.#path(name));
      },
      discard: async () => {
        await file.close();
        await rm(temporary, { force: true });
      },
    };
  }

  /** Removes the records that were set aside, also while they are written. */
  async removeRejects(name: string): Promise<void> {
    await this.remove(name + partial);
    await this.remove(name);
  }

  /** The records that were set aside, as NDJSON. */
  readRejects(name: string): ReadStream {
    return createReadStream(this.#path(name));
  }

  async remove(name: string): Promise<void> {
    await rm(this.#path(name), { force: true });
  }

  /** Removes what no job needs: half received files and those of jobs that ended just before a crash. */
  async keepOnly(needed: ReadonlySet<string>): Promise<number> {
    const left = (await readdir(this.#directory)).filter((name) => !needed.has(name));
    for (const name of left) await this.remove(name);
    return left.length;
  }

  #path(name: string): string {
    return join(this.#directory, name);
  }
}
