import type { JobKey } from '../../../../domain/ids.ts';
import { type JobState, mayFollow } from '../../../../domain/job.ts';
import type { PgValue, Querier } from '../../../../kit/postgres/postgres.ts';

/**
 * The only way to another state, except `claimNext`. A change that `mayFollow` forbids throws; one that comes too late is
 * false and does nothing.
 */
export async function moved(
  db: Querier,
  key: JobKey,
  from: JobState,
  to: JobState,
  sets: Readonly<Record<string, PgValue>>,
  fence: number | null = null,
  uncount = 0,
): Promise<boolean> {
  if (!(mayFollow[from] as readonly JobState[]).includes(to)) throw new Error(`${to} may not follow ${from}`);
  const names = Object.keys(sets).map((name, i) => `${name} = $${i + 6}`);
  const rows = await db.rows(
    `UPDATE job SET state = $3, attempt = attempt - $5, ${names.join(', ')}
     WHERE id = $1 AND state = $2 AND ($4::bigint IS NULL OR fence = $4) RETURNING id`,
    [key, from, to, fence, uncount, ...Object.values(sets)],
  );
  return rows.length === 1;
}
