import { constants } from 'node:fs';
import { type FileHandle, open, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';
import { Failure } from '../domain/failure.ts';
import type { JobId } from '../domain/ids.ts';
import type { Report } from '../domain/job.ts';
import { createPrivateFile, makePrivateDirectory, publish } from '../kit/files.ts';
import { etagFor, reprDigestFor } from './digests.ts';
import { damaged, unchangedBytes, Verifier } from './proof.ts';
import { type Part, partFor } from './ranges.ts';

/** A report being written: bytes go into `file`, then it is published or discarded. */
export type Unpublished = {
  readonly file: FileHandle;
  /** Makes it durable under its name and returns that name. */
  publish(): Promise<string>;
  discard(): Promise<void>;
};

/** A report that is open and proven to be the recorded bytes. Removing it meanwhile does not end it. */
export type Reading = {
  readonly bytes: number;
  /** Strong, quoted. */
  readonly etag: string;
  /** The value of `Repr-Digest`, RFC 9530. */
  readonly reprDigest: string;
  /** What `Range` and `If-Range` ask for; throws `range_invalid` with the fact `bytes`. */
  part(range: string | undefined, ifRange: string | undefined): Part;
  /** The bytes from `start` to before `end`; closes the reading when it ends, fails or is destroyed. */
  stream(start: number, end: number): Readable;
  close(): Promise<void>;
};

const partial = '.part';

/** Reports that wait for their owner: one file each, named after the job and the attempt that wrote it. */
export class Shelf {
  readonly #directory: string;
  readonly #verifier = new Verifier();

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async open(directory: string): Promise<Shelf> {
    return new Shelf(await makePrivateDirectory(directory));
  }

  /** A new file for an attempt's report, in the shelf's own directory so that publishing is one rename. */
  async begin(jobId: JobId, fence: number): Promise<Unpublished> {
    const shelfName = `${jobId}-${fence}.zip`;
    const temporary = this.#path(shelfName + partial);
    await rm(temporary, { force: true });
    const file = await createPrivateFile(temporary);
    return {
      file,
      publish: async () => {
        await file.sync();
        await file.close();
        await publish(temporary, this.#path(shelfName));
        return shelfName;
      },
      discard: async () => {
        await file.close();
        await rm(temporary, { force: true });
      },
    };
  }

  /** Opens a report; throws `report_damaged` when the file is gone, no regular file or not the recorded bytes. */
  async read(report: Report): Promise<Reading> {
    // O_NOFOLLOW: a link put in the file's place is refused. O_NONBLOCK: so is a pipe, without waiting for a writer.
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const file = await open(this.#path(report.shelfName), flags).catch((error: NodeJS.ErrnoException) => {
      // Too many open files say nothing about this one.
      throw /^E[MN]FILE$/.test(error.code ?? '') ? error : damaged('is gone or cannot be opened', error);
    });
    try {
      const proven = await this.#verifier.verify(file, report);
      return {
        bytes: report.bytes,
        etag: etagFor(report.sha256),
        reprDigest: reprDigestFor(report.sha256),
        part: (range, ifRange) => partFor(range, ifRange, report.bytes, etagFor(report.sha256)),
        stream: (start, end) => unchangedBytes(file, proven, start, end),
        close: () => file.close(),
      };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async remove(shelfName: string): Promise<void> {
    await rm(this.#path(shelfName), { force: true });
  }

  /** Removes what no job needs: leftovers of crashed attempts. Returns how many. */
  async keepOnly(needed: ReadonlySet<string>): Promise<number> {
    const entries = await readdir(this.#directory, { withFileTypes: true });
    const left = entries.filter((entry) => !entry.isDirectory() && !needed.has(entry.name));
    for (const { name } of left) await this.remove(name);
    return left.length;
  }

  #path(shelfName: string): string {
    if (basename(shelfName) !== shelfName) {
      throw new Failure('internal', 'A report was asked for under a name that the shelf never gives.');
    }
    return join(this.#directory, shelfName);
  }
}
