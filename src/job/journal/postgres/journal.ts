import { randomUUID } from 'node:crypto';
import type { JobFigures } from '../../../domain/figures.ts';
import type { JobId, JobKey, TenantId } from '../../../domain/ids.ts';
import type { Job, JobFailure, JobState, Outcome, Progress, Work } from '../../../domain/job.ts';
import { Listener } from '../../../kit/postgres/listener.ts';
import { migratePostgres } from '../../../kit/postgres/migrate.ts';
import type { PgValue, Postgres, Querier } from '../../../kit/postgres/postgres.ts';
import { Recent } from '../../../kit/recent.ts';
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
  News,
  RunningLease,
  StoredJob,
  SubmitAsk,
  Submitted,
} from '../journal.ts';
import { Looks } from './looks.ts';
import { moved } from './moves/moved.ts';
import { submit } from './moves/submit.ts';
import { claimNext, hasSuspect } from './moves/turns.ts';
import { channel, newsFrom, payloadFor } from './news.ts';
import { pageOf } from './page.ts';
import { jobSchema } from './schema.ts';
import { expiredBy, removeEnded, storedWithFiles } from './stored.ts';

/** Moves of other processes count after this, in ms, also where their news is lost. */
const rememberedMs = 900;

/** Jobs in a PostgreSQL database that any number of processes share. The database is its opener's to close. */
export class PostgresJournal implements Journal {
  readonly #db: Postgres;
  readonly #looks: Looks;
  /** Tells own notifications from those of others. */
  readonly #name = randomUUID();
  readonly #found = new Recent<string, Job | null>(rememberedMs, mostRemembered, (job) => JSON.stringify(job).length);
  /** Under which name a job is remembered. */
  readonly #names = new Map<JobKey, string>();
  readonly #listeners: ((news: News) => void)[] = [];
  readonly #listener: Listener;

  private constructor(db: Postgres) {
    this.#db = db;
    this.#looks = new Looks(db);
    this.#listener = new Listener(db.url, channel, (payload) => this.#hear(payload));
  }

  static async open(db: Postgres): Promise<PostgresJournal> {
    await migratePostgres(db, 'job', jobSchema);
    const journal = new PostgresJournal(db);
    await journal.#listener.began;
    return journal;
  }

  async submit(job: NewJob, ask: SubmitAsk): Promise<Submitted> {
    return await this.#db.transaction(async (tx) => {
      const submitted = await submit(tx, job, ask);
      if (submitted.did === 'added') await this.#notify({ what: 'work' }, tx);
      return submitted;
    });
  }

  async find(tenant: TenantId, id: JobId): Promise<Job | null> {
    return await this.#found.get(nameOf(tenant, id), async () => {
      const row = await this.#looks.row(tenant, id);
      if (row === null) return null;
      this.#names.set(row.id as JobKey, nameOf(tenant, id));
      return jobFrom(row, row.position ?? 0);
    });
  }

  remembered(tenant: TenantId, id: JobId): Job | null | undefined {
    return this.#found.known(nameOf(tenant, id));
  }

  lookAgain(key: JobKey): void {
    const name = this.#names.get(key);
    // A look that is under way may bring an older job, whether its name is known or not.
    this.#found.forget(name ?? '');
    this.#names.delete(key);
    if (this.#names.size > mostNames) this.#forgetAll();
  }

  async list(tenant: TenantId, filter: JobFilter): Promise<JobPage> {
    return await pageOf(this.#db, tenant, filter);
  }

  async claim(ask: ClaimAsk): Promise<Claimed | null> {
    const row = await claimNext(this.#db, ask);
    if (row === null) return null;
    await this.#changed(row.id as JobKey);
    return { ...jobFrom(row, 0), fence: row.fence };
  }

  async hasSuspect(): Promise<boolean> {
    return await hasSuspect(this.#db);
  }

  async beat(lease: Lease, progress: Progress): Promise<boolean> {
    const sql = `UPDATE job SET beat = beat + 1, rows = $3, rows_total = $4, percent = $5
                 WHERE id = $1 AND fence = $2 AND state = 'running' RETURNING id`;
    const values = [lease.key, lease.fence, progress.rows, progress.rowsTotal, progress.percent];
    const beaten = (await this.#db.rows(sql, values)).length === 1;
    this.lookAgain(lease.key);
    return beaten;
  }

  async finish(lease: Lease, outcome: Outcome, endedAtMs: number, expiresAtMs: number | null): Promise<boolean> {
    const sets = {
      outcome: JSON.stringify(outcome),
      ended_at: endedAtMs,
      expires_at: expiresAtMs,
      percent: 100,
      holder: null,
    };
    return await this.#move(lease.key, 'running', 'finished', sets, lease.fence);
  }

  async fail(lease: Lease, failure: JobFailure, endedAtMs: number): Promise<boolean> {
    const sets = { failure: JSON.stringify(failure), ended_at: endedAtMs, holder: null };
    return await this.#move(lease.key, 'running', 'failed', sets, lease.fence);
  }

  async giveBack(lease: Lease, counts: 'counted' | 'not counted'): Promise<boolean> {
    const sets = { holder: null, percent: null, rows_total: null };
    const moved = await this.#move(lease.key, 'running', 'waiting', sets, lease.fence, counts === 'counted' ? 0 : 1);
    if (moved) await this.#notify({ what: 'work' });
    return moved;
  }

  async cancel(key: JobKey, from: 'waiting' | 'running', endedAtMs: number): Promise<boolean> {
    const moved = await this.#move(key, from, 'cancelled', { ended_at: endedAtMs, holder: null });
    if (moved) await this.#notify({ what: 'cancelled', key });
    return moved;
  }

  async expire(key: JobKey, because: 'erased' | 'over' = 'over'): Promise<boolean> {
    const expired = await this.#db.transaction(async (tx) => {
      const sql = "SELECT outcome FROM job WHERE id = $1 AND state = 'finished' FOR UPDATE";
      const [row] = await tx.rows<Pick<JobRow, 'outcome'>>(sql, [key]);
      if (row === undefined) return false;
      const outcome =
        because === 'over' ? row.outcome : JSON.stringify({ ...JSON.parse(row.outcome ?? '{}'), erased: true });
      await moved(tx, key, 'finished', 'expired', { expires_at: null, outcome });
      return true;
    });
    await this.#changed(key);
    return expired;
  }

  async rewrite(key: JobKey, request: Work['request'], outcome: Outcome | null): Promise<void> {
    const sql = 'UPDATE job SET request = $2, outcome = $3, same = NULL, idempotency_key = NULL WHERE id = $1';
    await this.#db.rows(sql, [key, JSON.stringify(request), outcome === null ? null : JSON.stringify(outcome)]);
    await this.#changed(key);
  }

  /** The server's own vacuum would do it some time; its write-ahead log and backups are its operator's. */
  async compact(): Promise<boolean> {
    await this.#db.rows('VACUUM job');
    return true;
  }

  async runningLeases(): Promise<RunningLease[]> {
    return await this.#db.rows<RunningLease>(
      `SELECT id AS key, number AS id, tenant, type, fence, holder, beat, attempt FROM job
       WHERE state = 'running' AND type IN (${everyType})`,
    );
  }

  async figures(): Promise<JobFigures[]> {
    return (await this.#db.rows<FiguresRow>(figuresSql)).map(figuresFrom);
  }

  async expiredBy(nowMs: number, limit: number): Promise<{ readonly id: JobId; readonly tenant: TenantId }[]> {
    return await expiredBy(this.#db, nowMs, limit);
  }

  async removeEnded(endedBeforeMs: number, limit: number): Promise<StoredJob[]> {
    const removed = await removeEnded(this.#db, endedBeforeMs, limit);
    if (removed.length > 0) this.#forgetAll();
    return removed;
  }

  withFiles(): AsyncIterable<StoredJob> {
    return storedWithFiles(this.#db);
  }

  onNews(listener: (news: News) => void): void {
    this.#listeners.push(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listener[Symbol.asyncDispose]();
  }

  /** See `moved`. Others hear of it. */
  async #move(
    key: JobKey,
    from: JobState,
    to: JobState,
    sets: Readonly<Record<string, PgValue>>,
    fence: number | null = null,
    uncount = 0,
  ): Promise<boolean> {
    const done = await moved(this.#db, key, from, to, sets, fence, uncount);
    if (done) await this.#changed(key);
    return done;
  }

  /** Own moves count at once; other processes hear of them. */
  async #changed(key: JobKey): Promise<void> {
    this.lookAgain(key);
    await this.#notify({ what: 'changed', key });
  }

  async #notify(news: News, db: Querier = this.#db): Promise<void> {
    await db.rows('SELECT pg_notify($1, $2)', [channel, payloadFor(news, this.#name)]);
  }

  #hear(payload: string | null): void {
    // Some news may have been missed: of changes, and of work too.
    if (payload === null) this.#forgetAll();
    const news: News | null = payload === null ? { what: 'work' } : newsFrom(payload, this.#name);
    if (news === null) return;
    if (news.what !== 'work') this.lookAgain(news.key);
    for (const listener of this.#listeners) listener(news);
  }

  #forgetAll(): void {
    this.#found.forgetAll();
    this.#names.clear();
  }
}

/** Names that are kept; one more, and all are forgotten with what is remembered. */
const mostNames = 50_000;

function nameOf(tenant: TenantId, id: JobId): string {
  return `${id} ${tenant}`;
}
