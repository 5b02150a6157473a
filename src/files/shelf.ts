import { type FileHandle, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobKey } from '../domain/ids.ts';
import { createPrivateFile, makePrivateDirectory } from '../kit/files.ts';
import { DiskFiles } from './disk/disk-files.ts';
import type { KeptFiles, OpenFile } from './kept.ts';
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
  readonly kept: KeptFiles;
  /** Where reports are written. */
  readonly #directory: string;

  private constructor(kept: KeptFiles, directory: string) {
    this.kept = kept;
    this.#directory = directory;
  }

  /** Keeps reports in the directory, or elsewhere, and writes them there in any case: publishing on disk is one rename. */
  static async open(directory: string, elsewhere: KeptFiles | null = null): Promise<Shelf> {
    await makePrivateDirectory(directory);
    return new Shelf(elsewhere ?? (await DiskFiles.open(directory)), directory);
  }

  /** A new file for an attempt's report. */
  async begin(key: JobKey, fence: number): Promise<Unpublished> {
    const shelfName = `${key}-${fence}.zip`;
    const temporary = join(this.#directory, shelfName + partial);
    await rm(temporary, { force: true });
    const file = await createPrivateFile(temporary);
    return {
      file,
      publish: async () => {
        await file.sync();
        await file.close();
        await this.kept.put(shelfName, temporary);
        return shelfName;
      },
      discard: async () => {
        await file.close();
        await rm(temporary, { force: true });
      },
    };
  }

  /** Opens a report's file for reading; its own error when it is gone, a link, or cannot be opened. */
  open(shelfName: string): Promise<OpenFile> {
    return this.kept.open(shelfName);
  }

  async remove(shelfName: string): Promise<void> {
    await this.kept.remove(shelfName);
  }
}
