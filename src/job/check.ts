import { type Check, inOrder, startOnce, toDo } from '../domain/check.ts';
import type { DatabaseSync } from '../kit/sqlite/sqlite.ts';

/** How many jobs wait and run, in a job database that is open. */
export function checkJobs(db: DatabaseSync): Check {
  const name = 'jobs';
  const table = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'job'").get();
  if (table === undefined) return toDo(name, 'no table of jobs yet', startOnce);
  const counts = db
    .prepare("SELECT state, count(*) AS n FROM job WHERE state IN ('waiting', 'running') GROUP BY state")
    .all();
  const count = (state: string) => Number(counts.find((row) => row.state === state)?.n ?? 0);
  return inOrder(name, `${count('waiting')} waiting, ${count('running')} running`);
}

/** How many activities the imports that ended since a time added, in a job database that is open. */
export function countAddedSince(db: DatabaseSync, sinceMs: number): number {
  const row = db
    .prepare(
      `SELECT coalesce(sum(json_extract(outcome, '$.result.added')), 0) AS added FROM job
       WHERE type = 'import' AND state IN ('finished', 'expired') AND ended_at >= ?`,
    )
    .get(sinceMs);
  return Number(row?.added ?? 0);
}
