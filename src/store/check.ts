import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Check, restoreBackup, startOnce, toDo } from '../domain/check.ts';
import { markerName } from './place.ts';

/** What is to be done about a store in files that is not there; null for one that can be opened. */
export function checkStore(directory: string): Check | null {
  const name = 'store';
  const wasMade = existsSync(join(directory, markerName));
  const isThere = existsSync(join(directory, 'engine'));
  if (wasMade && !isThere) return toDo(name, 'gone', restoreBackup);
  if (!wasMade) return toDo(name, isThere ? 'not completely made' : 'not made yet', startOnce);
  return null;
}
