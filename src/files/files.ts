import type { FilePlaces, FileRef } from './ref.ts';
import { Shelf } from './shelf.ts';
import { Spool } from './spool.ts';

export { checkFiles } from './check.ts';
export { LinkedFiles } from './links.ts';
export type { FilePlaces, FileRef } from './ref.ts';
export type { Shelf, Unpublished } from './shelf.ts';
export type { Spool, Spooled } from './spool.ts';

/** Files that belong to jobs: reports on the shelf, uploads and rejects in the spool. */
export type Files = { readonly shelf: Shelf; readonly spool: Spool };

/** Removes files; one that does not exist is not an error. */
export async function removeFiles(files: Files, refs: readonly FileRef[]): Promise<void> {
  for (const { place, name } of refs) await files[place].remove(name);
}

/** Removes every file that is not named: leftovers of crashed attempts and half received files. Returns how many. */
export async function removeLeftovers(files: Files, needed: Iterable<FileRef>): Promise<Record<keyof Files, number>> {
  const names = { shelf: new Set<string>(), spool: new Set<string>() } satisfies Record<keyof Files, Set<string>>;
  for (const { place, name } of needed) names[place].add(name);
  return { shelf: await files.shelf.keepOnly(names.shelf), spool: await files.spool.keepOnly(names.spool) };
}

/** Opens both in directories of their own, making what is not there (0700). */
export async function openFiles(places: FilePlaces): Promise<Files> {
  return { shelf: await Shelf.open(places.reports), spool: await Spool.open(places.spool) };
}
