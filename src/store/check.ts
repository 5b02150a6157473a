import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Check, notChecked, restoreBackup, startOnce, toDo } from '../domain/check.ts';

/** What can be said of a store without opening it: one process at a time may, and that is the worker. */
export function checkStore(directory: string): Check {
  const name = 'store';
  const wasMade = existsSync(join(directory, 'made.json'));
  const isThere = existsSync(join(directory, 'engine'));
  if (wasMade && !isThere) return toDo(name, 'gone', restoreBackup);
  if (!wasMade) return toDo(name, isThere ? 'not completely made' : 'not made yet', startOnce);
  return notChecked(name, 'in place; only the worker of a running service opens it, so its contents were not read');
}
