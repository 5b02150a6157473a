import type { AppId, JobId, TenantId } from '../../domain/ids.ts';
import {
  type Job,
  type JobFailure,
  type JobState,
  type JobType,
  mayFollow,
  type Outcome,
  type Progress,
  type Work,
} from '../../domain/job.ts';
import { type DatabaseSync, migrate, type SQLInputValue, type StatementSync, transaction } from '../../kit/sqlite.ts';
import { type JobRow, jobFrom } from './job-row.ts';
import { jobSchema } from './schema.ts';

/** A job that a worker holds: every write about it names the fence. */
export type Lease = { readonly id: JobId; readonly fence: number };

/** A running job as an observer sees it: whose it is, and whether its pulse moved. */
export type Pulse = Lease & { readonly holder: string; readonly beat: number; readonly attempt: number };

export type NewJob = Work & {
  readonly tenant: TenantId;
  readonly app: AppId;
  readonly same: string | null;
  readonly idempotencyKey: string | null;
};

/** A job that lost this many attempts may be what kills its worker: it runs alone, so that no other pays for it. */
const cutOffsOfSuspects = 2;

/** The truth about jobs: one row each, every change one transaction. */
export class Journal {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(db: DatabaseSync) {
    migrate(db, 'job', jobSchema);
    this.#db = db;
  }

  /** Several reads and writes as one. */
  atomically<T>(work: () => T): T {
    return transaction(this.#db, work);
  }

  add(job: NewJob, nowMs: number): JobId {
    const { lastInsertRowid } = this.#sql(
      `INSERT INTO job (tenant, app, type, request, state, same, idempotency_key, created_at)
       VALUES (?, ?, ?, ?, 'waiting', ?, ?, ?)`,
    ).run(job.tenant, job.app, job.type, JSON.stringify(job.request), job.same, job.idempotencyKey, nowMs);
    return Number(lastInsertRowid) as JobId;
  }

  /** Null for a job that is not there or another tenant's: the two are one answer. */
  find(tenant: TenantId, id: JobId): Job | null {
    const row = this.#one('SELECT * FROM job WHERE id = ? AND tenant = ?', id, tenant);
    return row === null ? null : this.#job(row);
  }

  findSame(app: AppId, same: string): JobId | null {
    const row = this.#one(
      "SELECT * FROM job WHERE app = ? AND same = ? AND state IN ('waiting', 'running') ORDER BY id DESC",
      app,
      same,
    );
    return row === null ? null : (row.id as JobId);
  }

  findByKey(app: AppId, idempotencyKey: string): { readonly id: JobId; readonly same: string | null } | null {
    const row = this.#one('SELECT * FROM job WHERE app = ? AND idempotency_key = ?', app, idempotencyKey);
    return row === null ? null : { id: row.id as JobId, same: row.same };
  }

  countWaiting(tenant: TenantId): number {
    const row = this.#sql(
      "SELECT count(*) AS n FROM job WHERE state = 'waiting' AND type IN ('export', 'import') AND tenant = ?",
    ).get(tenant);
    return Number(row?.n ?? 0);
  }

  /** A tenant's jobs, newest first, from the one before `before`. */
  list(
    tenant: TenantId,
    filter: { state: JobState | null; type: JobType | null; before: JobId | null; limit: number },
  ): Job[] {
    const rows = this.#sql(
      `SELECT * FROM job WHERE tenant = ?1 AND id < ?2 AND (?3 IS NULL OR state = ?3) AND (?4 IS NULL OR type = ?4)
       ORDER BY id DESC LIMIT ?5`,
    ).all(tenant, filter.before ?? Number.MAX_SAFE_INTEGER, filter.state, filter.type, filter.limit);
    return rows.map((row) => this.#job(row as unknown as JobRow));
  }

  /**
   * Takes up the job that waited longest, whose tenant has fewer than `perTenant` of its kind running. Suspects, whose
   * attempts were cut off twice or more, are only taken when asked for.
   */
  claim(
    type: JobType,
    holder: string,
    perTenant: number,
    nowMs: number,
    which: 'suspect' | 'unsuspected' = 'unsuspected',
  ): (Job & { fence: number }) | null {
    return transaction(this.#db, () => {
      const row = this.#one(
        `SELECT * FROM job AS next WHERE state = 'waiting' AND type = ? AND (attempt >= ${cutOffsOfSuspects}) = ?
           AND (SELECT count(*) FROM job WHERE state = 'running' AND type = next.type AND tenant = next.tenant) < ?
         ORDER BY id LIMIT 1`,
        type,
        which === 'suspect' ? 1 : 0,
        perTenant,
      );
      if (row === null) return null;
      const lease = { id: row.id as JobId, fence: row.fence + 1 };
      this.#move(row.id as JobId, 'waiting', 'running', {
        fence: lease.fence,
        attempt: row.attempt + 1,
        holder,
        beat: 0,
        rows: 0,
        rows_total: null,
        percent: null,
        started_at: row.started_at ?? nowMs,
      });
      const claimed = this.#one('SELECT * FROM job WHERE id = ?', row.id)!;
      return { ...this.#job(claimed), fence: lease.fence };
    });
  }

  hasSuspect(): boolean {
    const sql = `SELECT 1 FROM job WHERE state = 'waiting' AND type IN ('export', 'import') AND attempt >= ${cutOffsOfSuspects}`;
    return this.#sql(sql).get() !== undefined;
  }

  /** Shows that the holder lives and how far it is; false when the lease is no longer its own. */
  beat(lease: Lease, progress: Progress): boolean {
    const { changes } = this.#sql(
      `UPDATE job SET beat = beat + 1, rows = ?, rows_total = ?, percent = ?
       WHERE id = ? AND fence = ? AND state = 'running'`,
    ).run(progress.rows, progress.rowsTotal, progress.percent, lease.id, lease.fence);
    return changes === 1;
  }

  finish(lease: Lease, outcome: Outcome, endedAtMs: number, expiresAtMs: number | null): boolean {
    const sets = {
      outcome: JSON.stringify(outcome),
      ended_at: endedAtMs,
      expires_at: expiresAtMs,
      percent: 100,
      holder: null,
    };
    return this.#move(lease.id, 'running', 'finished', sets, lease.fence);
  }

  fail(lease: Lease, failure: JobFailure, endedAtMs: number): boolean {
    return this.#move(
      lease.id,
      'running',
      'failed',
      { failure: JSON.stringify(failure), ended_at: endedAtMs, holder: null },
      lease.fence,
    );
  }

  /** Back into the queue, at its old place. An attempt that was stopped and did not fail is not counted. */
  giveBack(lease: Lease, counts: 'counted' | 'not counted'): boolean {
    const uncount = counts === 'counted' ? 0 : 1;
    return this.#move(
      lease.id,
      'running',
      'waiting',
      { holder: null, percent: null, rows_total: null },
      lease.fence,
      uncount,
    );
  }

  cancel(id: JobId, from: 'waiting' | 'running', endedAtMs: number): boolean {
    return this.#move(id, from, 'cancelled', { ended_at: endedAtMs, holder: null });
  }

  expire(id: JobId): boolean {
    return this.#move(id, 'finished', 'expired', { expires_at: null });
  }

  pulses(): Pulse[] {
    const rows = this.#sql(
      "SELECT id, fence, holder, beat, attempt FROM job WHERE state = 'running' AND type IN ('export', 'import')",
    ).all();
    return rows as unknown as Pulse[];
  }

  /** Finished jobs with a report whose time is over, oldest first. */
  expiredBy(nowMs: number, limit: number): { readonly id: JobId; readonly tenant: TenantId }[] {
    const sql = `SELECT id, tenant FROM job WHERE state = 'finished' AND expires_at IS NOT NULL AND expires_at <= ?
                 ORDER BY expires_at LIMIT ?`;
    return this.#sql(sql).all(nowMs, limit) as unknown as { id: JobId; tenant: TenantId }[];
  }

  /** What the jobs that have not ended, or have something on disk, still need: the requests and outcomes as stored. */
  *remembered(): Generator<{ readonly state: JobState; readonly request: string; readonly outcome: string | null }> {
    const sql = "SELECT state, request, outcome FROM job WHERE state IN ('waiting', 'running', 'finished')";
    yield* this.#sql(sql).iterate() as unknown as Iterable<{
      state: JobState;
      request: string;
      outcome: string | null;
    }>;
  }

  /** The only mover: what may not follow is a mistake in the program, what is no longer so changes nothing. */
  #move(
    id: JobId,
    from: JobState,
    to: JobState,
    sets: Readonly<Record<string, SQLInputValue>>,
    fence: number | null = null,
    uncount = 0,
  ): boolean {
    if (!(mayFollow[from] as readonly JobState[]).includes(to)) throw new Error(`${to} may not follow ${from}`);
    const names = Object.keys(sets);
    const { changes } = this.#sql(
      `UPDATE job SET state = ?, attempt = attempt - ?, ${names.map((name) => `${name} = ?`).join(', ')}
       WHERE id = ? AND state = ? AND (? IS NULL OR fence = ?)`,
    ).run(to, uncount, ...Object.values(sets), id, from, fence, fence);
    return changes === 1;
  }

  #job(row: JobRow): Job {
    return jobFrom(row, () => {
      const ahead = this.#sql(
        "SELECT count(*) AS n FROM job WHERE state = 'waiting' AND type = ? AND tenant = ? AND id < ?",
      ).get(row.type, row.tenant, row.id);
      return Number(ahead?.n ?? 0) + 1;
    });
  }

  #one(sql: string, ...values: SQLInputValue[]): JobRow | null {
    return (this.#sql(sql).get(...values) as JobRow | undefined) ?? null;
  }

  #sql(text: string): StatementSync {
    let statement = this.#statements.get(text);
    if (statement === undefined) {
      statement = this.#db.prepare(text);
      this.#statements.set(text, statement);
    }
    return statement;
  }
}
