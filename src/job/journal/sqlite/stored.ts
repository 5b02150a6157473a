import type { JobRow } from '../job-row.ts';
import type { StoredJob } from '../journal.ts';
import type { Statements } from './statements.ts';

/** See `Journal.removeEnded`. */
export function removeEnded(sql: Statements, endedBeforeMs: number, limit: number): StoredJob[] {
  const text = `
    DELETE FROM job WHERE id IN (
      SELECT id FROM job WHERE state IN ('finished', 'failed', 'cancelled', 'expired') AND ended_at < ?
        AND (state != 'finished' OR expires_at IS NULL) ORDER BY ended_at LIMIT ?
    ) RETURNING type, state, request, outcome`;
  return (sql.of(text).all(endedBeforeMs, limit) as unknown as JobRow[]).map(stored);
}

/** See `Journal.withFiles`. */
export function* storedWithFiles(sql: Statements): Generator<StoredJob> {
  const text = "SELECT type, state, request, outcome FROM job WHERE state IN ('waiting', 'running', 'finished')";
  for (const row of sql.of(text).iterate() as unknown as Iterable<JobRow>) yield stored(row);
}

function stored({ type, state, request, outcome }: JobRow): StoredJob {
  return { type, state, request: JSON.parse(request), outcome: JSON.parse(outcome ?? 'null') };
}
