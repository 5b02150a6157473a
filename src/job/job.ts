import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { Caller } from '../domain/access.ts';
import { Failure } from '../domain/failure.ts';
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
import type { DatabaseSync } from '../kit/sqlite/sqlite.ts';
import { type JobFilter, type JobPage, Journal } from './journal/journal.ts';
import { Waiters } from './waiters.ts';
import { inputOf, madeBy, notCancelledBecause } from './work/work.ts';

export { checkJobs, countAddedSince } from './check.ts';
export { prepareCopiedJobs } from './copied-jobs.ts';

export type DeskLimits = { readonly jobsWaitingPerTenant: number };

/** How an export is started: `fresh` wants a new job even if the same one is under way. */
export type StartOptions = { readonly fresh: boolean; readonly idempotencyKey: string | null };

/** Where jobs are started, looked at, followed and cancelled. */
export class Desk {
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #limits: DeskLimits;
  readonly #discard: (files: readonly FileRef[]) => void;
  #onCancel: (key: JobKey) => void = () => {};
  /** Those who wait for a job's key. */
  readonly #followers = new Waiters();
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
  }

  /** Starts an export; throws `queue_full`, `idempotency_conflict`. The job is durable when this returns. */
  startExport(caller: Caller, request: ExportRequest, options: StartOptions): Job {
    const same = createHash('sha256').update(sameTextFor(request)).digest('hex');
    const id = this.#journal.atomically(() => {
      if (options.idempotencyKey !== null) {
        const earlier = this.#journal.findByIdempotencyKey(caller.app, options.idempotencyKey);
        if (earlier !== null && earlier.same === same) return earlier.id;
        if (earlier !== null) {
          const message = 'Idempotency-Key was used for another request; send a new key, or the same body again.';
          throw new Failure('idempotency_conflict', message);
        }
      } else if (!options.fresh) {
        const underWay = this.#journal.findSame(caller.app, same);
        if (underWay !== null) return underWay;
      }
      this.#roomFor(caller.tenant);
      const { tenant, app } = caller;
      const { idempotencyKey } = options;
      return this.#journal.add({ type: 'export', request, tenant, app, same, idempotencyKey }, this.#clock.now());
    });
    this.#events.emit('work');
    return this.look(caller.tenant, id);
  }

  /** Starts the import of a received and durable file; throws `queue_full`. */
  startImport(caller: Caller, request: ImportRequest): Job {
    const { tenant, app } = caller;
    const id = this.#journal.atomically(() => {
      this.#roomFor(tenant);
      const job = { type: 'import', request, tenant, app, same: null, idempotencyKey: null } as const;
      return this.#journal.add(job, this.#clock.now());
    });
    this.#events.emit('work');
    return this.look(tenant, id);
  }

  /** Starts an erasure: a command on the data directory asks for it, or the service itself. */
  startErasure(tenant: TenantId, request: EraseRequest): Job {
    const job = { type: 'erase', request, tenant, app: commandLine, same: null, idempotencyKey: null } as const;
    const id = this.#journal.add(job, this.#clock.now());
    this.#events.emit('work');
    return this.look(tenant, id);
  }

  /** Starts work on the whole installation. Its job belongs to no tenant, so none finds it. */
  startOwn(work: OwnWork): Job {
    const owner = { tenant: installation, app: commandLine, same: null, idempotencyKey: null };
    const id = this.#journal.atomically(() => this.#journal.add({ ...work, ...owner }, this.#clock.now()));
    this.#events.emit('work');
    return this.look(installation, id);
  }

  /** Throws `queue_full` when the tenant has as many jobs waiting as it may. */
  #roomFor(tenant: TenantId): void {
    const most = this.#limits.jobsWaitingPerTenant;
    if (this.#journal.countWaiting(tenant) < most) return;
    const message = `${most} jobs of this tenant are waiting already; wait for some to end, then start this one again.`;
    throw new Failure('queue_full', message, { facts: { retryAfterSeconds: 5 } });
  }

  /** Throws `job_unknown`, the same for a job of another tenant. */
  look(tenant: TenantId, id: JobId): Job {
    const job = this.#journal.find(tenant, id);
    if (job === null)
      throw new Failure('job_unknown', 'There is no job with this id; check the jobId that the start call returned.');
    return job;
  }

  list(tenant: TenantId, filter: JobFilter): JobPage {
    return this.#journal.list(tenant, filter);
  }

  /** Cancels what waits or runs. False when it had ended; throws `job_not_cancellable` for an erasure. */
  cancel(tenant: TenantId, id: JobId): boolean {
    const job = this.look(tenant, id);
    if (hasEnded(job)) return false;
    const because = notCancelledBecause(job.type);
    if (because !== null) throw new Failure('job_not_cancellable', `Job ${id} ${because}`);
    // A worker may have taken it up or ended it since: the move names the state it starts from, so ask again.
    if (!this.#journal.cancel(job.key, job.state, this.#clock.now())) {
      this.#journal.lookAgain();
      return this.cancel(tenant, id);
    }
    this.#discard(inputOf(job));
    this.#onCancel(job.key);
    this.changed(job.key);
    return true;
  }

  /** Removes what can be downloaded of a finished job: its report or its rejects. False when there is nothing. */
  expire(tenant: TenantId, id: JobId): boolean {
    const job = this.look(tenant, id);
    const made = job.state === 'finished' ? madeBy(job.outcome) : [];
    if (made.length === 0 || !this.#journal.expire(job.key)) return false;
    this.#discard(made);
    this.changed(job.key);
    return true;
  }

  /** The job once `until` holds or it has ended, at the latest when the signal aborts. */
  async follow(tenant: TenantId, id: JobId, until: (job: Job) => boolean, signal: AbortSignal): Promise<Job> {
    for (;;) {
      const job = this.look(tenant, id);
      if (hasEnded(job) || until(job) || signal.aborted) return job;
      // Events come from this machine's worker only; others write to the database, so it is read every second too.
      await this.#followers.next(String(job.key), signal);
    }
  }

  /** Call it when the row of a job has changed. */
  changed(key: JobKey): void {
    this.#journal.lookAgain();
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
}

/**
 * The desk of a job database that another process may serve: its worker takes up what is started here. Nothing is removed
 * from its files.
 */
export function deskOn(db: DatabaseSync, clock: Clock, limits: DeskLimits): Desk {
  return new Desk(new Journal(db), clock, limits);
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
