import { type Check, inOrder, startOnce, toDo } from '../domain/check.ts';
import type { Database } from '../kit/database.ts';

/** Whether a job database that is open holds a key that signs tokens. */
export async function checkKeys(database: Database): Promise<Check> {
  const name = 'signing keys';
  const count = await keysIn(database);
  return count > 0 ? inOrder(name, `${count} in the job database`) : toDo(name, 'none', startOnce);
}

async function keysIn(database: Database): Promise<number> {
  const sql = 'SELECT count(*) AS n FROM signing_key';
  switch (database.kind) {
    case 'sqlite': {
      const table = database.db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'signing_key'").get();
      return table === undefined ? 0 : Number(database.db.prepare(sql).get()?.n);
    }
    case 'postgres': {
      const [row] = await database.postgres.rows<{ has: boolean }>(
        "SELECT to_regclass('signing_key') IS NOT NULL AS has",
      );
      if (row?.has !== true) return 0;
      const [counted] = await database.postgres.rows<{ n: number }>(sql);
      return counted?.n ?? 0;
    }
  }
}
