import { type Check, inOrder, startOnce, toDo } from '../domain/check.ts';
import type { Database } from '../kit/database.ts';

/** How many jobs wait and run, in a job database that is open. */
export async function checkJobs(database: Database): Promise<Check> {
  const name = 'jobs';
  const counts = await countsOf(database);
  if (counts === null) return toDo(name, 'no table of jobs yet', startOnce);
  const count = (state: string) => counts.find((row) => row.state === state)?.n ?? 0;
  return inOrder(name, `${count('waiting')} waiting, ${count('running')} running`);
}

/** How many activities the imports that ended since a time added, in a job database that is open. */
export async function countAddedSince(database: Database, sinceMs: number): Promise<number> {
  const ended = "type = 'import' AND state IN ('finished', 'expired') AND ended_at >=";
  switch (database.kind) {
    case 'sqlite': {
      const sql = `SELECT coalesce(sum(json_extract(outcome, '$.result.added')), 0) AS added FROM job WHERE ${ended} ?`;
      return Number(database.db.prepare(sql).get(sinceMs)?.added ?? 0);
    }
    case 'postgres': {
      const sql = `SELECT sum((outcome::json -> 'result' ->> 'added')::bigint)::bigint AS added FROM job WHERE ${ended} $1`;
      const [row] = await database.postgres.rows<{ added: number | null }>(sql, [sinceMs]);
      return row?.added ?? 0;
    }
  }
}

/** Null where there is no table of jobs. */
async function countsOf(database: Database): Promise<readonly { state: string; n: number }[] | null> {
  const sql = "SELECT state, count(*) AS n FROM job WHERE state IN ('waiting', 'running') GROUP BY state";
  switch (database.kind) {
    case 'sqlite': {
      const table = database.db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'job'").get();
      return table === undefined ? null : (database.db.prepare(sql).all() as unknown as { state: string; n: number }[]);
    }
    case 'postgres': {
      const [row] = await database.postgres.rows<{ has: boolean }>("SELECT to_regclass('job') IS NOT NULL AS has");
      return row?.has === true ? await database.postgres.rows(sql) : null;
    }
  }
}
