import type { JobId, TenantId } from '../../../domain/ids.ts';
import type { Postgres, Querier } from '../../../kit/postgres/postgres.ts';
import type { JobRow } from '../job-row.ts';
import type { StoredJob } from '../journal.ts';

/** Rows read at once: each has texts of at most 1 MiB. */
const rowsAtOnce = 100;

/** See `Journal.expiredBy`. */
export function expiredBy(db: Querier, nowMs: number, limit: number): Promise<{ id: JobId; tenant: TenantId }[]> {
  return db.rows(
    `SELECT number AS id, tenant FROM job
     WHERE state = 'finished' AND expires_at IS NOT NULL AND expires_at <= $1 ORDER BY expires_at LIMIT $2`,
    [nowMs, limit],
  );
}

/** See `Journal.removeEnded`. */
export async function removeEnded(db: Querier, endedBeforeMs: number, limit: number): Promise<StoredJob[]> {
  const rows = await db.rows<JobRow>(
    `DELETE FROM job WHERE id IN (
       SELECT id FROM job WHERE state IN ('finished', 'failed', 'cancelled', 'expired') AND ended_at < $1
         AND (state != 'finished' OR expires_at IS NULL) ORDER BY ended_at LIMIT $2 FOR UPDATE SKIP LOCKED
     ) RETURNING type, state, request, outcome`,
    [endedBeforeMs, limit],
  );
  return rows.map(stored);
}

/** See `Journal.withFiles`. */
export async function* storedWithFiles(db: Postgres): AsyncGenerator<StoredJob> {
  for (let after = 0; ; ) {
    const rows = await db.rows<JobRow>(
      `SELECT id, type, state, request, outcome FROM job
       WHERE state IN ('waiting', 'running', 'finished') AND id > $1 ORDER BY id LIMIT $2`,
      [after, rowsAtOnce],
    );
    for (const row of rows) yield stored(row);
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.id;
  }
}

function stored({ type, state, request, outcome }: JobRow): StoredJob {
  return { type, state, request: JSON.parse(request), outcome: JSON.parse(outcome ?? 'null') };
}
