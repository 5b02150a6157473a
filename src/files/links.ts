import { link, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { makePrivateDirectory } from '../kit/files.ts';
import { type FilePlaces, type FileRef, partial } from './ref.ts';

/**
 * Second names (hard links) of files, below a directory of the same file system: what is linked can be copied from there
 * though it is removed meanwhile. The files have the same paths there as in the data directory, such as `spool/NAME`.
 */
export class LinkedFiles {
  readonly #places: Readonly<Record<FileRef['place'], string>>;
  readonly #into: string;
  readonly #linked = new Set<string>();

  constructor({ reports, spool }: FilePlaces, into: string) {
    this.#places = { shelf: reports, spool };
    this.#into = into;
  }

  /** Links every whole file that is there now. */
  async linkAll(): Promise<void> {
    for (const place of ['shelf', 'spool'] as const) {
      const from = this.#places[place];
      await makePrivateDirectory(join(this.#into, basename(from)));
      const entries = await readdir(from, { withFileTypes: true });
      const whole = entries.filter((entry) => entry.isFile() && !entry.name.endsWith(partial));
      for (const { name } of whole) await this.#link({ place, name });
    }
  }

  /** Links those that are not linked yet. Returns the paths of all below the directory; null when one of them is gone. */
  async pathsOf(needed: readonly FileRef[]): Promise<readonly string[] | null> {
    for (const ref of needed) if (!(await this.#link(ref))) return null;
    return needed.map((ref) => this.#pathOf(ref));
  }

  async #link(ref: FileRef): Promise<boolean> {
    const path = this.#pathOf(ref);
    if (this.#linked.has(path)) return true;
    try {
      await link(join(this.#places[ref.place], basename(ref.name)), join(this.#into, path));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
    this.#linked.add(path);
    return true;
  }

  #pathOf({ place, name }: FileRef): string {
    return `${basename(this.#places[place])}/${basename(name)}`;
  }
}
