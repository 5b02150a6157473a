import type { JobFigures } from '../../../domain/figures.ts';
import type { JobId, JobKey, TenantId } from '../../../domain/ids.ts';
import {
  type Job,
  type JobFailure,
  type JobState,
  jobTypes,
  mayFollow,
  type Outcome,
  type Progress,
  type Work,
} from '../../../domain/job.ts';
import { Remembered } from '../../../kit/sqlite/remembered.ts';
import { type DatabaseSync, emptyLog, migrate, type SQLInputValue, transaction } from '../../../kit/sqlite/sqlite.ts';
import { type FiguresRow, figuresFrom, figuresSql } from '../figures.ts';
import { everyType, type JobRow, jobFrom, mostRemembered } from '../job-row.ts';
import type {
  ClaimAsk,
  Claimed,
  JobFilter,
  JobPage,
  Journal,
  Lease,
  NewJob,
  RunningLease,
  StoredJob,
  SubmitAsk,
  Submitted,
} from '../journal.ts';
import { pageOf } from './page.ts';
import { jobSchema } from './schema.ts';
import { Statements } from './statements.ts';
import { removeEnded, storedWithFiles } from './stored.ts';
import { submit } from './submit.ts';
import { hasSuspect, nextInTurn, noteTurn } from './turns.ts';

/** Jobs in a SQLite file: one row each, every move one transaction. The database is its opener's to close. */
export class SqliteJournal implements Journal {
  readonly #db: DatabaseSync;
  readonly #sql: Statements;
  readonly #found: Remembered<string, Job | null>;

  constructor(db: DatabaseSync) {
    migrate(db, 'job', jobSchema);
    this.#db = db;
    this.#sql = new Statements(db);
    this.#found = new Remembered(db, mostRemembered, (job) => JSON.stringify(job).length);
  }

  async submit(job: NewJob, ask: SubmitAsk): Promise<Submitted> {
    return transaction(this.#db, () => submit(this.#sql, job, ask));
  }

  async find(tenant: TenantId, id: JobId): Promise<Job | null> {
    return this.remembered(tenant, id);
  }

  remembered(tenant: TenantId, id: JobId): Job | null {
    return this.#found.get(`${id} ${tenant}`, () => {
      const row = this.#sql.job('SELECT * FROM job WHERE tenant = ? AND number = ?', tenant, id);
      return row === null ? null : this.#job(row);
    });
  }

  lookAgain(): void {
    this.#found.askAgain();
  }

  async list(tenant: TenantId, filter: JobFilter): Promise<JobPage> {
    return pageOf(this.#sql, tenant, filter, (row) => this.#job(row));
  }

  async claim({ type, holder, perTenant, nowMs, which }: ClaimAsk): Promise<Claimed | null> {
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

  async hasSuspect(): Promise<boolean> {
    return jobTypes.some((type) => hasSuspect(this.#sql, type));
  }

  async beat(lease: Lease, progress: Progress): Promise<boolean> {
    const { changes } = this.#sql
      .of(
        `UPDATE job SET beat = beat + 1, rows = ?, rows_total = ?, percent = ?
         WHERE id = ? AND fence = ? AND state = 'running'`,
      )
      .run(progress.rows, progress.rowsTotal, progress.percent, lease.key, lease.fence);
    return changes === 1;
  }

  async finish(lease: Lease, outcome: Outcome, endedAtMs: number, expiresAtMs: number | null): Promise<boolean> {
    const sets = {
      outcome: JSON.stringify(outcome),
      ended_at: endedAtMs,
      expires_at: expiresAtMs,
      percent: 100,
      holder: null,
    };
    return this.#move(lease.key, 'running', 'finished', sets, lease.fence);
  }

  async fail(lease: Lease, failure: JobFailure, endedAtMs: number): Promise<boolean> {
    const sets = { failure: JSON.stringify(failure), ended_at: endedAtMs, holder: null };
    return this.#move(lease.key, 'running', 'failed', sets, lease.fence);
  }

  async giveBack(lease: Lease, counts: 'counted' | 'not counted'): Promise<boolean> {
    const sets = { holder: null, percent: null, rows_total: null };
    return this.#move(lease.key, 'running', 'waiting', sets, lease.fence, counts === 'counted' ? 0 : 1);
  }

  async cancel(key: JobKey, from: 'waiting' | 'running', endedAtMs: number): Promise<boolean> {
    return this.#move(key, from, 'cancelled', { ended_at: endedAtMs, holder: null });
  }

  async expire(key: JobKey, because: 'erased' | 'over' = 'over'): Promise<boolean> {
    return transaction(this.#db, () => {
      if (because === 'erased') {
        this.#sql.of(`UPDATE job SET outcome = json_set(outcome, '$.erased', json('true')) WHERE id = ?`).run(key);
      }
      return this.#move(key, 'finished', 'expired', { expires_at: null });
    });
  }

  /** False when another process reads the database just now. */
  async compact(): Promise<boolean> {
    return emptyLog(this.#db);
  }

  async rewrite(key: JobKey, request: Work['request'], outcome: Outcome | null): Promise<void> {
    this.#sql
      .of('UPDATE job SET request = ?, outcome = ?, same = NULL, idempotency_key = NULL WHERE id = ?')
      .run(JSON.stringify(request), outcome === null ? null : JSON.stringify(outcome), key);
  }

  async runningLeases(): Promise<RunningLease[]> {
    const sql = `SELECT id AS key, number AS id, tenant, type, fence, holder, beat, attempt FROM job
                 WHERE state = 'running' AND type IN (${everyType})`;
    return this.#sql.of(sql).all() as unknown as RunningLease[];
  }

  async figures(): Promise<JobFigures[]> {
    return (this.#sql.of(figuresSql).all() as unknown as FiguresRow[]).map(figuresFrom);
  }

  async expiredBy(nowMs: number, limit: number): Promise<{ readonly id: JobId; readonly tenant: TenantId }[]> {
    const sql = `SELECT number AS id, tenant FROM job
                 WHERE state = 'finished' AND expires_at IS NOT NULL AND expires_at <= ? ORDER BY expires_at LIMIT ?`;
    return this.#sql.of(sql).all(nowMs, limit) as unknown as { id: JobId; tenant: TenantId }[];
  }

  async removeEnded(endedBeforeMs: number, limit: number): Promise<StoredJob[]> {
    return removeEnded(this.#sql, endedBeforeMs, limit);
  }

  async *withFiles(): AsyncGenerator<StoredJob> {
    yield* storedWithFiles(this.#sql);
  }

  /** Nothing tells of the moves of other processes here. */
  onNews(): void {}

  async [Symbol.asyncDispose](): Promise<void> {}

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
    return jobFrom(row, this.#sql.number(ahead, row.type, row.tenant, row.id) + 1);
  }
}
