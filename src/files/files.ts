import { Shelf } from './shelf.ts';
import { Spool } from './spool.ts';

export { checkFiles } from './check.ts';
export type { Shelf, Unpublished } from './shelf.ts';
export type { Spool, Spooled } from './spool.ts';

/** The files that wait for somebody: reports on the shelf, uploads in the spool. */
export type Files = { readonly shelf: Shelf; readonly spool: Spool };

/** Opens both in directories of their own, making what is not there (0700). */
export async function openFiles(places: { readonly reports: string; readonly spool: string }): Promise<Files> {
  return { shelf: await Shelf.open(places.reports), spool: await Spool.open(places.spool) };
}
