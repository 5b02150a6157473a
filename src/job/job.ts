import { createHash } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import type { Caller } from '../domain/access.ts';
import { Failure } from '../domain/failure.ts';
import type { JobId, JobKey, TenantId } from '../domain/ids.ts';
import { type ExportRequest, hasEnded, type ImportRequest, type Job } from '../domain/job.ts';
import type { Clock } from '../kit/clock.ts';
import type { JobFilter, Journal } from './journal/journal.ts';

export { checkJobs } from './check.ts';

export type DeskLimits = { readonly jobsWaitingPerTenant: number };

/** How an export is started: `fresh` wants a new job even if the same one is under way. */
export type StartOptions = { readonly fresh: boolean; readonly idempotencyKey: string | null };

/** Where jobs are handed in, looked at, followed and called off. Knows nothing of how they are done. */
export class Desk {
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #limits: DeskLimits;
  readonly #discard: (job: Job) => void;
  #onCancel: (key: JobKey) => void = () => {};
  /** Emits a job's key when something about it may have changed, and `work` when there is something to do. */
  readonly #news = new EventEmitter<Record<string, []>>().setMaxListeners(0);

  /** `discard` removes what a job that was called off or has expired leaves on disk. */
  constructor(journal: Journal, clock: Clock, limits: DeskLimits, discard: (job: Job) => void = () => {}) {
    this.#journal = journal;
    this.#discard = discard;
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Starts an export; throws `queue_full`, `idempotency_conflict`. The job is durable when this returns. */
  startExport(caller: Caller, request: ExportRequest, options: StartOptions): Job {
    const same = createHash('sha256').update(JSON.stringify(request)).digest('hex');
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
    this.#news.emit('work');
    return this.look(caller.tenant, id);
  }

  /** Hands in a received and durable file; throws `queue_full`. */
  startImport(caller: Caller, request: ImportRequest): Job {
    const { tenant, app } = caller;
    const id = this.#journal.atomically(() => {
      this.#roomFor(tenant);
      const job = { type: 'import', request, tenant, app, same: null, idempotencyKey: null } as const;
      return this.#journal.add(job, this.#clock.now());
    });
    this.#news.emit('work');
    return this.look(tenant, id);
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

  list(tenant: TenantId, filter: JobFilter): Job[] {
    return this.#journal.list(tenant, filter);
  }

  /** Calls off what waits or runs. False when it had ended. */
  cancel(tenant: TenantId, id: JobId): boolean {
    const job = this.look(tenant, id);
    if (hasEnded(job)) return false;
    // A worker may have taken it up or ended it since: the move names the state it starts from, so ask again.
    if (!this.#journal.cancel(job.key, job.state, this.#clock.now())) return this.cancel(tenant, id);
    this.#discard(job);
    this.#onCancel(job.key);
    this.changed(job.key);
    return true;
  }

  /** Takes the report of a finished export off the shelf. False when there was none. */
  expire(tenant: TenantId, id: JobId): boolean {
    const job = this.look(tenant, id);
    if (job.state !== 'finished' || job.type !== 'export' || !this.#journal.expire(job.key)) return false;
    this.#discard(job);
    this.changed(job.key);
    return true;
  }

  /** The job once it differs from `seen` or has ended, at the latest when the signal aborts. */
  async follow(tenant: TenantId, id: JobId, until: (job: Job) => boolean, signal: AbortSignal): Promise<Job> {
    for (;;) {
      const job = this.look(tenant, id);
      if (hasEnded(job) || until(job) || signal.aborted) return job;
      // The news comes from this machine's worker; one of another machine writes to the database only, hence the second.
      await once(this.#news, String(job.key), { signal: AbortSignal.any([signal, AbortSignal.timeout(1000)]) }).catch(
        () => {},
      );
    }
  }

  /** Says that a job's row has changed. */
  changed(key: JobKey): void {
    this.#news.emit(String(key));
  }

  /** Calls back whenever there may be work to do. */
  onWork(listener: () => void): void {
    this.#news.on('work', listener);
  }

  /** Calls back when a job is called off, so that whoever does it can let go. */
  onCancel(listener: (key: JobKey) => void): void {
    this.#onCancel = listener;
  }
}
