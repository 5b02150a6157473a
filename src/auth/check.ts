import { type Check, inOrder, startOnce, toDo } from '../domain/check.ts';
import type { DatabaseSync } from '../kit/sqlite/sqlite.ts';

/** Whether a job database that is open holds a key that signs tokens. */
export function checkKeys(db: DatabaseSync): Check {
  const name = 'signing keys';
  const table = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'signing_key'").get();
  const row = table === undefined ? { n: 0 } : db.prepare('SELECT count(*) AS n FROM signing_key').get();
  const count = Number(row?.n);
  return count > 0 ? inOrder(name, `${count} in the job database`) : toDo(name, 'none', startOnce);
}
