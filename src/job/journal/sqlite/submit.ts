import type { JobId } from '../../../domain/ids.ts';
import { everyType } from '../job-row.ts';
import type { NewJob, SubmitAsk, Submitted } from '../journal.ts';
import type { Statements } from './statements.ts';

/** See `Journal.submit`; inside a transaction. */
export function submit(sql: Statements, job: NewJob, { nowMs, joins, mostWaiting }: SubmitAsk): Submitted {
  const { tenant, app, same, idempotencyKey } = job;
  if (idempotencyKey !== null) {
    const earlier = sql.job('SELECT * FROM job WHERE app = ? AND idempotency_key = ?', app, idempotencyKey);
    if (earlier !== null) {
      if (earlier.same !== same) return { did: 'refused', because: 'key used' };
      return { did: 'joined', id: earlier.number as JobId };
    }
  } else if (joins && same !== null) {
    const text = "SELECT * FROM job WHERE app = ? AND same = ? AND state IN ('waiting', 'running') ORDER BY id DESC";
    const underWay = sql.job(text, app, same);
    if (underWay !== null) return { did: 'joined', id: underWay.number as JobId };
  }
  // Named types: the index begins with the type.
  const waiting = `SELECT count(*) FROM job WHERE state = 'waiting' AND type IN (${everyType}) AND tenant = ?`;
  if (mostWaiting !== null && sql.number(waiting, tenant) >= mostWaiting)
    return { did: 'refused', because: 'queue full' };
  const number = sql.number(
    'INSERT INTO job_counter (tenant, last) VALUES (?, 1) ON CONFLICT DO UPDATE SET last = last + 1 RETURNING last',
    tenant,
  );
  sql
    .of(
      `INSERT INTO job (number, tenant, app, type, request, state, same, idempotency_key, created_at)
       VALUES (?, ?, ?, ?, ?, 'waiting', ?, ?, ?)`,
    )
    .run(number, tenant, app, job.type, JSON.stringify(job.request), same, idempotencyKey, nowMs);
  return { did: 'added', id: number as JobId };
}
