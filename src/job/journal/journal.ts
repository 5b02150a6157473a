import type { AppId, JobId, JobKey, TenantId } from '../../domain/ids.ts';
import {
  type Job,
  type JobFailure,
  type JobState,
  type JobType,
  jobTypes,
  mayFollow,
  type Outcome,
  type Progress,
  type Work,
} from '../../domain/job.ts';
import { Remembered } from '../../kit/sqlite/remembered.ts';
import { type DatabaseSync, emptyLog, migrate, type SQLInputValue, transaction } from '../../kit/sqlite/sqlite.ts';
import { type JobRow, jobFrom } from './job-row.ts';
import type { Claimed, Lease, RunningLease } from './lease.ts';
import { type JobFilter, type JobPage, pageOf } from './page.ts';
import { jobSchema } from './schema.ts';
import { Statements } from './statements.ts';
import { removeEnded, type StoredJob, storedWithFiles } from './stored.ts';
import { hasSuspect, nextInTurn, noteTurn, type Which } from './turns.ts';

export type { Claimed, Lease, RunningLease } from './lease.ts';
export type { JobFilter, JobPage } from './page.ts';
export type { StoredJob } from './stored.ts';

export type NewJob = Work & {
  readonly tenant: TenantId;
  readonly app: AppId;
  readonly same: string | null;
  readonly idempotencyKey: string | null;
};

/** Named so that the indexes, which begin with the type, are used. */
const everyType = jobTypes.map((type) => `'${type}'`).join(', ');

/** Characters of the jobs that are remembered until something changes. One has some 500, and up to a million. */
const mostFound = 4_000_000;

/** The truth about jobs: one row each, every change one transaction. */
export class Journal {
  readonly #db: DatabaseSync;
  readonly #sql: Statements;
  readonly #found: Remembered<string, Job | null>;

  constructor(db: DatabaseSync) {
    migrate(db, 'job', jobSchema);
    this.#db = db;
    this.#sql = new Statements(db);
    this.#found = new Remembered(db, mostFound, (job) => JSON.stringify(job).length);
  }

  /** Several reads and writes as one. */
  atomically<T>(work: () => T): T {
    return transaction(this.#db, work);
  }

  /** Adds a waiting job and returns its number. */
  add(job: NewJob, nowMs: number): JobId {
    const number = this.#sql.number(
      `INSERT INTO job_counter (tenant, last) VALUES (?, 1) ON CONFLICT DO UPDATE SET last = last + 1 RETURNING last`,
      job.tenant,
    );
    this.#sql
      .of(
        `INSERT INTO job (number, tenant, app, type, request, state, same, idempotency_key, created_at)
         VALUES (?, ?, ?, ?, ?, 'waiting', ?, ?, ?)`,
      )
      .run(number, job.tenant, job.app, job.type, JSON.stringify(job.request), job.same, job.idempotencyKey, nowMs);
    return number as JobId;
  }

  /** Null for no such job and for another tenant's alike. The same object while nothing has changed. */
  find(tenant: TenantId, id: JobId): Job | null {
    return this.#found.get(`${id} ${tenant}`, () => {
      const row = this.#sql.job('SELECT * FROM job WHERE tenant = ? AND number = ?', tenant, id);
      return row === null ? null : this.#job(row);
    });
  }

  /** Another process has written: the next `find` sees it. */
  lookAgain(): void {
    this.#found.askAgain();
  }

  /** The same export of the same app, if one waits or runs. */
  findSame(app: AppId, same: string): JobId | null {
    const sql = "SELECT * FROM job WHERE app = ? AND same = ? AND state IN ('waiting', 'running') ORDER BY id DESC";
    const row = this.#sql.job(sql, app, same);
    return row === null ? null : (row.number as JobId);
  }

  findByIdempotencyKey(app: AppId, text: string): { readonly id: JobId; readonly same: string | null } | null {
    const row = this.#sql.job('SELECT * FROM job WHERE app = ? AND idempotency_key = ?', app, text);
    return row === null ? null : { id: row.number as JobId, same: row.same };
  }

  countWaiting(tenant: TenantId): number {
    const sql = `SELECT count(*) FROM job WHERE state = 'waiting' AND type IN (${everyType}) AND tenant = ?`;
    return this.#sql.number(sql, tenant);
  }

  /** A page of a tenant's jobs, newest first. It ends early where its stored texts come to more than a MiB. */
  list(tenant: TenantId, filter: JobFilter): JobPage {
    return pageOf(this.#sql, tenant, filter, (row) => this.#job(row));
  }

  /**
   * Takes up the job whose turn it is (see `turns.ts`), of a tenant with fewer than `perTenant` of this type running.
   * Suspects, whose attempts were cut off twice or more, are taken only when asked for.
   */
  claim(type: JobType, holder: string, perTenant: number, nowMs: number, which: Which = 'unsuspected'): Claimed | null {
    return transaction(this.#db, () => {
      const row = nextInTurn(this.#sql, type, perTenant, which);
      if (row === null) return null;
      noteTurn(this.#sql, row);
      const fence = row.fence + 1;
      this.#move(row.id as JobKey, 'waiting', 'running', {
        fence,
        attempt: row.attempt + 1,
        holder,
        beat: 0,
        rows: 0,
        rows_total: null,
        percent: null,
        started_at: row.started_at ?? nowMs,
      });
      return { ...this.#job(this.#sql.job('SELECT * FROM job WHERE id = ?', row.id)!), fence };
    });
  }

  hasSuspect(type: JobType): boolean {
    return hasSuspect(this.#sql, type);
  }

  /** Shows that the holder lives and how far it is; false when the lease is no longer its own. */
  beat(lease: Lease, progress: Progress): boolean {
    const { changes } = this.#sql
      .of(
        `UPDATE job SET beat = beat + 1, rows = ?, rows_total = ?, percent = ?
         WHERE id = ? AND fence = ? AND state = 'running'`,
      )
      .run(progress.rows, progress.rowsTotal, progress.percent, lease.key, lease.fence);
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
    return this.#move(lease.key, 'running', 'finished', sets, lease.fence);
  }

  fail(lease: Lease, failure: JobFailure, endedAtMs: number): boolean {
    const sets = { failure: JSON.stringify(failure), ended_at: endedAtMs, holder: null };
    return this.#move(lease.key, 'running', 'failed', sets, lease.fence);
  }

  /** Back into the queue, at its old place. An attempt that was stopped and did not fail is not counted. */
  giveBack(lease: Lease, counts: 'counted' | 'not counted'): boolean {
    const sets = { holder: null, percent: null, rows_total: null };
    return this.#move(lease.key, 'running', 'waiting', sets, lease.fence, counts === 'counted' ? 0 : 1);
  }

  cancel(key: JobKey, from: 'waiting' | 'running', endedAtMs: number): boolean {
    return this.#move(key, from, 'cancelled', { ended_at: endedAtMs, holder: null });
  }

  /** `erased`: because its files may hold what an erasure erased. */
  expire(key: JobKey, because: 'erased' | 'over' = 'over'): boolean {
    return transaction(this.#db, () => {
      if (because === 'erased') {
        this.#sql.of(`UPDATE job SET outcome = json_set(outcome, '$.erased', json('true')) WHERE id = ?`).run(key);
      }
      return this.#move(key, 'finished', 'expired', { expires_at: null });
    });
  }

  /** Removes from the disk what was overwritten; false when another process reads the database just now. */
  compact(): boolean {
    return emptyLog(this.#db);
  }

  /** Replaces the texts of a job in which an erased user is named; the hash of its request goes too. */
  rewrite(key: JobKey, request: Work['request'], outcome: Outcome | null): void {
    this.#sql
      .of('UPDATE job SET request = ?, outcome = ?, same = NULL, idempotency_key = NULL WHERE id = ?')
      .run(JSON.stringify(request), outcome === null ? null : JSON.stringify(outcome), key);
  }

  runningLeases(): RunningLease[] {
    const sql = `SELECT id AS key, number AS id, tenant, type, fence, holder, beat, attempt FROM job
                 WHERE state = 'running' AND type IN (${everyType})`;
    return this.#sql.of(sql).all() as unknown as RunningLease[];
  }

  /** Finished jobs with a report whose time is over, oldest first. */
  expiredBy(nowMs: number, limit: number): { readonly id: JobId; readonly tenant: TenantId }[] {
    const sql = `SELECT number AS id, tenant FROM job
                 WHERE state = 'finished' AND expires_at IS NOT NULL AND expires_at <= ? ORDER BY expires_at LIMIT ?`;
    return this.#sql.of(sql).all(nowMs, limit) as unknown as { id: JobId; tenant: TenantId }[];
  }

  /**
   * Removes at most `limit` jobs that ended before `endedBeforeMs`, oldest first, and returns them as far as files go.
   * A job stays for as long as its report is kept. Its number does not come back.
   */
  removeEnded(endedBeforeMs: number, limit: number): StoredJob[] {
    return removeEnded(this.#sql, endedBeforeMs, limit);
  }

  /** Every job that may have files: those that wait, run or are finished, of all tenants, as far as files go. */
  withFiles(): Generator<StoredJob> {
    return storedWithFiles(this.#sql);
  }

  /**
   * The only place that changes a state. A change that `mayFollow` forbids throws; a change that comes too late does
   * nothing.
   */
  #move(
    key: JobKey,
    from: JobState,
    to: JobState,
    sets: Readonly<Record<string, SQLInputValue>>,
    fence: number | null = null,
    uncount = 0,
  ): boolean {
    if (!(mayFollow[from] as readonly JobState[]).includes(to)) throw new Error(`${to} may not follow ${from}`);
    const names = Object.keys(sets).map((name) => `${name} = ?`);
    const { changes } = this.#sql
      .of(
        `UPDATE job SET state = ?, attempt = attempt - ?, ${names.join(', ')}
         WHERE id = ? AND state = ? AND (? IS NULL OR fence = ?)`,
      )
      .run(to, uncount, ...Object.values(sets), key, from, fence, fence);
    return changes === 1;
  }

  #job(row: JobRow): Job {
    const ahead = "SELECT count(*) FROM job WHERE state = 'waiting' AND type = ? AND tenant = ? AND id < ?";
    return jobFrom(row, () => this.#sql.number(ahead, row.type, row.tenant, row.id) + 1);
  }
}
