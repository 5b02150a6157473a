import type { JobId } from '../../../../domain/ids.ts';
import type { Querier } from '../../../../kit/postgres/postgres.ts';
import { everyType } from '../../job-row.ts';
import type { NewJob, SubmitAsk, Submitted } from '../../journal.ts';

type Earlier = { readonly number: JobId; readonly same: string | null };

/** See `Journal.submit`; inside a transaction. */
export async function submit(tx: Querier, job: NewJob, { nowMs, joins, mostWaiting }: SubmitAsk): Promise<Submitted> {
  const { tenant, app, same, idempotencyKey } = job;
  // First of all the tenant's lock, held to the end of the transaction: what follows sees every submit before this one.
  await tx.rows('INSERT INTO job_counter (tenant, last) VALUES ($1, 0) ON CONFLICT DO NOTHING', [tenant]);
  await tx.rows('SELECT last FROM job_counter WHERE tenant = $1 FOR UPDATE', [tenant]);
  if (idempotencyKey !== null) {
    const sql = 'SELECT number, same FROM job WHERE app = $1 AND idempotency_key = $2';
    const [earlier] = await tx.rows<Earlier>(sql, [app, idempotencyKey]);
    if (earlier !== undefined) {
      if (earlier.same !== same) return { did: 'refused', because: 'key used' };
      return { did: 'joined', id: earlier.number };
    }
  } else if (joins && same !== null) {
    const sql = `SELECT number FROM job WHERE app = $1 AND same = $2 AND state IN ('waiting', 'running')
                 ORDER BY id DESC LIMIT 1`;
    const [underWay] = await tx.rows<Earlier>(sql, [app, same]);
    if (underWay !== undefined) return { did: 'joined', id: underWay.number };
  }
  if (mostWaiting !== null) {
    const sql = `SELECT count(*) AS waiting FROM job WHERE state = 'waiting' AND type IN (${everyType}) AND tenant = $1`;
    const [row] = await tx.rows<{ waiting: number }>(sql, [tenant]);
    if ((row?.waiting ?? 0) >= mostWaiting) return { did: 'refused', because: 'queue full' };
  }
  const [added] = await tx.rows<{ number: JobId }>(
    `WITH counted AS (UPDATE job_counter SET last = last + 1 WHERE tenant = $1 RETURNING last),
     turn AS (INSERT INTO tenant_turn (type, tenant) VALUES ($3, $1) ON CONFLICT DO NOTHING)
     INSERT INTO job (number, tenant, app, type, request, state, same, idempotency_key, created_at)
     SELECT last, $1, $2, $3, $4, 'waiting', $5, $6, $7 FROM counted RETURNING number`,
    [tenant, app, job.type, JSON.stringify(job.request), same, idempotencyKey, nowMs],
  );
  if (added === undefined) throw new Error('The job was not inserted.');
  return { did: 'added', id: added.number };
}
