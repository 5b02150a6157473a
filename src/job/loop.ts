import { setTimeout as delay } from 'node:timers/promises';
import { Failure, failures } from '../domain/failure.ts';
import type { JobKey } from '../domain/ids.ts';
import { type JobType, jobTypes, type Outcome, type Progress } from '../domain/job.ts';
import { afterFailedAttempt } from '../domain/retry.ts';
import type { Clock } from '../kit/clock.ts';
import type { Logger } from '../kit/log.ts';
import type { Claimed, Journal, Lease } from './journal/journal.ts';
import type { Follow } from './work/export.ts';

export type LoopParts = {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Logger;
  /** Does a job's work once; the result is durable when it returns, and taken back when it came too late. */
  readonly attempt: (job: Claimed, follow: Follow) => Promise<{ readonly outcome: Outcome; takeBack(): Promise<void> }>;
  /** Called when a job has ended or moved, so that the server can tell who follows it. */
  readonly changed: (key: JobKey) => void;
  /** Called when a job has ended for good, to let go of what only its work needed. */
  readonly ended: (job: Claimed) => Promise<void>;
  readonly holder: string;
  readonly limits: {
    readonly attempts: number;
    readonly leaseMs: number;
    readonly reportKeptMs: number;
    readonly exportsRunningPerTenant: number;
    readonly exportsRunningPerWorker: number;
    readonly importsRunningPerTenant: number;
    readonly importsRunningPerWorker: number;
  };
};

/** Why an attempt was called off from outside. */
const stopped = Symbol('the worker stops');
const lost = Symbol('the job is no longer ours');

/** A worker's side of the queue: takes jobs up as long as it has room, keeps their leases, records how they ended. */
export class Loop {
  readonly #parts: LoopParts;
  readonly #running = new Map<
    JobKey,
    { readonly type: JobType; readonly call: AbortController; readonly done: Promise<void> }
  >();
  #stopping = false;
  #isolating = false;

  constructor(parts: LoopParts) {
    this.#parts = parts;
  }

  /** Takes up whatever there is room for. Call it when there may be work; it returns at once. */
  wake(): void {
    const { limits } = this.#parts;
    const most = { export: limits.exportsRunningPerWorker, import: limits.importsRunningPerWorker } satisfies Record<
      JobType,
      number
    >;
    if (this.#stopping || this.#isolating || this.#isolates()) return;
    for (const type of jobTypes) while (this.#count(type) < most[type] && this.#take(type, 'unsuspected'));
  }

  /** Whether a suspect waits: then the worker takes nothing else until it runs empty, and runs the suspect alone. */
  #isolates(): boolean {
    if (!jobTypes.some((type) => this.#parts.journal.hasSuspect(type))) return false;
    if (this.#running.size === 0) this.#isolating = jobTypes.some((type) => this.#take(type, 'suspect'));
    return true;
  }

  #take(type: JobType, which: 'suspect' | 'unsuspected'): boolean {
    const { journal, clock, holder, limits } = this.#parts;
    const perTenant = {
      export: limits.exportsRunningPerTenant,
      import: limits.importsRunningPerTenant,
    } satisfies Record<JobType, number>;
    const job = journal.claim(type, holder, perTenant[type], clock.now(), which);
    if (job === null) return false;
    const call = new AbortController();
    const done = this.#run(job, call).finally(() => {
      this.#running.delete(job.key);
      if (this.#running.size === 0) this.#isolating = false;
      this.wake();
    });
    this.#running.set(job.key, { type, call, done });
    return true;
  }

  /** Looks again at the jobs it holds: one that was called off is let go now and not at its next beat. */
  check(key: JobKey): void {
    this.#running.get(key)?.call.abort(lost);
  }

  /** Gives back what runs and returns when nothing does. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const { call } of this.#running.values()) call.abort(stopped);
    await Promise.all([...this.#running.values()].map(({ done }) => done));
  }

  #count(type: JobType): number {
    return [...this.#running.values()].filter((running) => running.type === type).length;
  }

  async #run(job: Claimed, call: AbortController): Promise<void> {
    const { journal, log, changed } = this.#parts;
    const lease: Lease = { key: job.key, fence: job.fence };
    const facts = { tenant: job.tenant, job: job.id, type: job.type, attempt: job.attempt };
    let progress: Progress = { rows: 0, rowsTotal: null, percent: null };
    // The heartbeat is a timer of the main thread, which only hands out work: compression is on the thread pool and
    // the engine on its own threads.
    const beat = setInterval(
      () => {
        try {
          if (!journal.beat(lease, progress)) call.abort(lost);
          else changed(job.key);
        } catch (error) {
          log.error({ ...facts, err: error }, 'lease_not_renewed');
        }
      },
      Math.min(500, this.#parts.limits.leaseMs / 5),
    );
    log.info(facts, 'job_started');
    changed(job.key);
    try {
      const say = (now: Progress) => {
        progress = now;
      };
      const follow: Follow = { progress: say, signal: call.signal };
      const { outcome, takeBack } = await this.#parts.attempt(job, follow);
      const finished = this.#finish(lease, outcome);
      await (finished ? this.#parts.ended(job) : takeBack());
      log.info({ ...facts, rows: progress.rows }, finished ? 'job_finished' : 'job_finished_too_late');
    } catch (error) {
      await this.#afterFailure(job, lease, call.signal, error);
    } finally {
      clearInterval(beat);
      changed(job.key);
    }
  }

  #finish(lease: Lease, outcome: Outcome): boolean {
    const { journal, clock, limits } = this.#parts;
    const now = clock.now();
    return journal.finish(lease, outcome, now, outcome.type === 'export' ? now + limits.reportKeptMs : null);
  }

  async #afterFailure(job: Claimed, lease: Lease, signal: AbortSignal, error: unknown): Promise<void> {
    const { journal, clock, log, limits } = this.#parts;
    const facts = { tenant: job.tenant, job: job.id, attempt: job.attempt };
    if (signal.reason === lost) return log.info(facts, 'job_let_go');
    if (signal.reason === stopped) {
      journal.giveBack(lease, 'not counted');
      return log.info(facts, 'job_given_back');
    }
    const failure =
      error instanceof Failure
        ? error
        : new Failure('internal', 'The job met an error of the program.', { cause: error });
    // A wrong file is the sender's to mend, and no error of the program: no stack.
    if (failures[failure.code].move === 'caller') log.warn({ ...facts, code: failure.code }, 'attempt_failed');
    else log.error({ ...facts, code: failure.code, err: causeOf(failure) }, 'attempt_failed');
    const next = afterFailedAttempt(job.attempt, limits.attempts, failure.code);
    if (next.do === 'give up') {
      const tried = next.because === 'attempts spent' ? ` It was tried ${job.attempt} times.` : '';
      const message = failure.message + tried;
      if (journal.fail(lease, { code: failure.code, message }, clock.now())) await this.#parts.ended(job);
      return;
    }
    // The wait is held under the lease, so it needs no clock that all observers share.
    const waited = await delay(next.afterMs, true, { signal }).catch(() => false);
    if (waited || signal.reason === stopped) journal.giveBack(lease, 'counted');
  }
}

/** What a log may say of an unexpected error: its kind and place; an engine's words may quote rows. */
function causeOf(failure: Failure): object {
  const cause = failure.cause instanceof Error ? failure.cause : failure;
  const quotes = failure.code === 'store_unreachable';
  return { type: cause.name, message: quotes ? undefined : cause.message, stack: quotes ? undefined : cause.stack };
}
