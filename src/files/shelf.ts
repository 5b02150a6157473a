import { constants } from 'node:fs';
import { type FileHandle, open, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Failure } from '../domain/failure.ts';
import type { JobKey } from '../domain/ids.ts';
import { createPrivateFile, makePrivateDirectory, publish } from '../kit/files.ts';
import { partial } from './ref.ts';

/** A report being written: bytes go into `file`, then it is published or discarded. */
export type Unpublished = {
  readonly file: FileHandle;
  /** Makes it durable under its name and returns that name. */
  publish(): Promise<string>;
  discard(): Promise<void>;
};

/** Finished reports: one file each, named after the job and the attempt that wrote it. */
export class Shelf {
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async open(directory: string): Promise<Shelf> {
    return new Shelf(await makePrivateDirectory(directory));
  }

  /** A new file for an attempt's report, in the shelf's own directory so that publishing is one rename. */
  async begin(key: JobKey, fence: number): Promise<Unpublished> {
    const shelfName = `${key}-${fence}.zip`;
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

  /** Opens a report's file for reading; its own error when it is gone, a link, or cannot be opened. */
  open(shelfName: string): Promise<FileHandle> {
    // O_NOFOLLOW: a link put in the file's place is refused. O_NONBLOCK: so is a pipe, without waiting for a writer.
    return open(this.#path(shelfName), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
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
