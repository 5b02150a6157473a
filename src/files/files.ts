import type { BucketPlace } from '../domain/bucket.ts';
import type { FilePlaces, FileRef } from './ref.ts';
import { Shelf } from './shelf.ts';
import { Spool } from './spool.ts';

export { checkFiles } from './check.ts';
export type { KeptFiles, OpenFile } from './kept.ts';
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

/**
 * Removes every file that no job needs: leftovers of crashed attempts and half received files. `needed` is asked after the
 * files are listed. Returns how many.
 */
export async function removeLeftovers(
  files: Files,
  needed: () => Promise<Iterable<FileRef>>,
): Promise<Record<keyof Files, number>> {
  const namesIn = (place: keyof Files) => async () => {
    const refs = [...(await needed())].filter((ref) => ref.place === place);
    return new Set(refs.map(({ name }) => name));
  };
  return {
    shelf: await files.shelf.kept.removeLeftovers(namesIn('shelf')),
    spool: await files.spool.kept.removeLeftovers(namesIn('spool')),
  };
}

/** Opens both in directories of their own, making what is not there (0700); with a bucket, files are kept there. */
export async function openFiles(places: FilePlaces, bucket: BucketPlace | null = null): Promise<Files> {
  if (bucket === null) {
    return { shelf: await Shelf.open(places.reports), spool: await Spool.open(places.spool) };
  }
  // Loaded where it is used: it would make every command 0.1 s slower.
  const { S3Files } = await import('./s3/s3-files.ts');
  const reports = S3Files.open({ ...bucket, folder: 'reports', scratch: places.reports });
  const received = S3Files.open({ ...bucket, folder: 'spool', scratch: places.spool });
  return { shelf: await Shelf.open(places.reports, reports), spool: await Spool.open(places.spool, received) };
}
