import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { Caller } from '../domain/access.ts';
import { Failure } from '../domain/failure.ts';
import type { JobEvent } from '../domain/figures.ts';
import { commandLine, installation, type JobId, type JobKey, type TenantId } from '../domain/ids.ts';
import {
  type EraseRequest,
  type ExportRequest,
  hasEnded,
  type ImportRequest,
  type Job,
  type OwnWork,
} from '../domain/job.ts';
import type { FileRef } from '../files/files.ts';
import type { Clock } from '../kit/clock.ts';
import type { Database } from '../kit/database.ts';
import type { JobFilter, JobPage, Journal, NewJob, News } from './journal/journal.ts';
import { openJournal } from './journal/open.ts';
import { Waiters } from './waiters.ts';
import { inputOf, madeBy, notCancelledBecause } from './work/work.ts';

export { checkJobs, countAddedSince } from './check.ts';
export { prepareCopiedJobs } from './copied-jobs.ts';
export { openJournal } from './journal/open.ts';

export type DeskLimits = { readonly jobsWaitingPerTenant: number };

/** How an export is started: `fresh` wants a new job even if the same one is under way. */
export type StartOptions = { readonly fresh: boolean; readonly idempotencyKey: string | null };

/** Where jobs are started, looked at, followed and cancelled. */
export class Desk implements AsyncDisposable {
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #limits: DeskLimits;
  readonly #discard: (files: readonly FileRef[]) => void;
  #onCancel: (key: JobKey) => void = () => {};
  #onEvent: (event: JobEvent) => void = () => {};
  /** Those who wait for a job's key. */
  readonly #followers: Waiters;
  /** Emits `work` when there is something to do. */
  readonly #events = new EventEmitter<{ work: [] }>();

  /** `discard` removes the files of a job that was cancelled or has expired. */
  constructor(
    journal: Journal,
    clock: Clock,
    limits: DeskLimits,
    discard: (files: readonly FileRef[]) => void = () => {},
  ) {
    this.#journal = journal;
    this.#discard = discard;
    this.#clock = clock;
    this.#limits = limits;
    this.#followers = new Waiters(clock);
    journal.onNews((news) => this.#hear(news));
  }

  /** Starts an export; throws `queue_full`, `idempotency_conflict`. The job is durable when this resolves. */
  startExport(caller: Caller, request: ExportRequest, { fresh, idempotencyKey }: StartOptions): Promise<Job> {
    const same = createHash('sha256').update(sameTextFor(request)).digest('hex');
    const { tenant, app } = caller;
    return this.#start(
      { type: 'export', request, tenant, app, same, idempotencyKey },
      { joins: !fresh, limited: true },
    );
  }

  /** Starts the import of a received and durable file; throws `queue_full`. */
  startImport({ tenant, app }: Caller, request: ImportRequest): Promise<Job> {
    const job = { type: 'import', request, tenant, app, same: null, idempotencyKey: null } as const;
    return this.#start(job, { joins: false, limited: true });
  }

  /** Starts an erasure: a command on the data directory asks for it, or the service itself. */
  startErasure(tenant: TenantId, request: EraseRequest): Promise<Job> {
    const job = { type: 'erase', request, tenant, app: commandLine, same: null, idempotencyKey: null } as const;
    return this.#start(job, { joins: false, limited: false });
  }

  /** Starts work on the whole installation. Its job belongs to no tenant, so none finds it. */
  startOwn(work: OwnWork): Promise<Job> {
    const job = { ...work, tenant: installation, app: commandLine, same: null, idempotencyKey: null };
    return this.#start(job, { joins: false, limited: false });
  }

  async #start(job: NewJob, how: { readonly joins: boolean; readonly limited: boolean }): Promise<Job> {
    const most = this.#limits.jobsWaitingPerTenant;
    const ask = { nowMs: this.#clock.now(), joins: how.joins, mostWaiting: how.limited ? most : null };
    const submitted = await this.#journal.submit(job, ask);
    if (submitted.did === 'refused') throw refusalFor(submitted.because, most);
    this.#events.emit('work');
    return await this.look(job.tenant, submitted.id);
  }

  /** Throws `job_unknown`, the same for a job of another tenant. */
  async look(tenant: TenantId, id: JobId): Promise<Job> {
    return known(await this.#journal.find(tenant, id));
  }

  /** What `look` would say, if it is known without asking the database; null if not. Throws `job_unknown`. */
  remembered(tenant: TenantId, id: JobId): Job | null {
    const job = this.#journal.remembered(tenant, id);
    return job === undefined ? null : known(job);
  }

  list(tenant: TenantId, filter: JobFilter): Promise<JobPage> {
    return this.#journal.list(tenant, filter);
  }

  /** Cancels what waits or runs. False when it had ended; throws `job_not_cancellable` for an erasure. */
  async cancel(tenant: TenantId, id: JobId): Promise<boolean> {
    const job = await this.look(tenant, id);
    if (hasEnded(job)) return false;
    const because = notCancelledBecause(job.type);
    if (because !== null) throw new Failure('job_not_cancellable', `Job ${id} ${because}`);
    // A worker may have taken it up or ended it since: the move names the state it starts from, so ask again.
    if (!(await this.#journal.cancel(job.key, job.state, this.#clock.now()))) {
      this.#journal.lookAgain(job.key);
      return await this.cancel(tenant, id);
    }
    this.#discard(inputOf(job));
    this.#onCancel(job.key);
    this.#onEvent({ what: 'cancelled', type: job.type });
    this.changed(job.key);
    return true;
  }

  /** Removes what can be downloaded of a finished job: its report or its rejects. False when there is nothing. */
  async expire(tenant: TenantId, id: JobId): Promise<boolean> {
    const job = await this.look(tenant, id);
    const made = job.state === 'finished' ? madeBy(job.outcome) : [];
    if (made.length === 0 || !(await this.#journal.expire(job.key))) return false;
    this.#discard(made);
    this.changed(job.key);
    return true;
  }

  /** The job once it has ended, or as it is after `mostMs` or when the signal aborts. */
  async follow(tenant: TenantId, id: JobId, mostMs: number, signal: AbortSignal): Promise<Job> {
    const untilMs = this.#clock.monotonic() + mostMs;
    for (;;) {
      const job = this.remembered(tenant, id) ?? (await this.look(tenant, id));
      if (hasEnded(job) || signal.aborted || this.#clock.monotonic() >= untilMs) return job;
      // Nobody may have told of what another process wrote, so the job is looked at every second too.
      await this.#followers.next(String(job.key), signal, untilMs);
    }
  }

  /** Call it when the row of a job has changed. */
  changed(key: JobKey): void {
    this.#journal.lookAgain(key);
    this.#followers.changed(String(key));
  }

  /** Calls back whenever there may be work to do. */
  onWork(listener: () => void): void {
    this.#events.on('work', listener);
  }

  /** Calls back when a job is cancelled, so that the worker stops its attempt. */
  onCancel(listener: (key: JobKey) => void): void {
    this.#onCancel = listener;
  }

  /** Calls back with what this desk ended, for whoever counts. */
  onEvent(listener: (event: JobEvent) => void): void {
    this.#onEvent = listener;
  }

  /** Closes the journal, with which the desk came. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#journal[Symbol.asyncDispose]();
  }

  #hear(news: News): void {
    if (news.what === 'work') return void this.#events.emit('work');
    if (news.what === 'cancelled') this.#onCancel(news.key);
    this.changed(news.key);
  }
}

function known(job: Job | null): Job {
  if (job !== null) return job;
  throw new Failure('job_unknown', 'There is no job with this id; check the jobId that the start call returned.');
}

function refusalFor(because: 'queue full' | 'key used', mostWaiting: number): Failure {
  switch (because) {
    case 'queue full': {
      const message = `${mostWaiting} jobs of this tenant are waiting already; wait for some to end, then start this one again.`;
      return new Failure('queue_full', message, { facts: { retryAfterSeconds: 5 } });
    }
    case 'key used': {
      const message = 'Idempotency-Key was used for another request; send a new key, or the same body again.';
      return new Failure('idempotency_conflict', message);
    }
  }
}

/**
 * The desk of a job database that another process may serve: its worker takes up what is started here. Nothing is removed
 * from its files.
 */
export async function deskOn(database: Database, clock: Clock, limits: DeskLimits): Promise<Desk> {
  return new Desk(await openJournal(database), clock, limits);
}

/**
 * Equal requests are equal texts. Filters that were not there in earlier versions are left out while they are empty, so
 * that a client which repeats a request across an update gets the same job.
 */
function sameTextFor(request: ExportRequest): string {
  const { users, services, recordTypes, results, clientIps, text, ...always } = request;
  const later = Object.entries({ users, services, recordTypes, results, clientIps, text });
  const given = later.filter(([, value]) => value !== null && value.length > 0);
  return JSON.stringify(given.length === 0 ? always : { ...always, ...Object.fromEntries(given) });
}
