import { setTimeout as delay } from 'node:timers/promises';
import { failures } from '../domain/failure.ts';
import type { JobEvent } from '../domain/figures.ts';
import type { JobKey } from '../domain/ids.ts';
import { type JobType, jobTypes, type Outcome, type Progress } from '../domain/job.ts';
import { afterFailedAttempt } from '../domain/retry.ts';
import type { Clock } from '../kit/clock.ts';
import type { Logger } from '../kit/log.ts';
import { causeOf, failureOf } from './failed.ts';
import { Isolation } from './isolation.ts';
import type { Claimed, Journal, Lease, Which } from './journal/journal.ts';
import { type Attempt, type AttemptContext, keptMsFor, type SlotLimits, sizeOf, slotsFor } from './work/work.ts';

export type LoopParts = {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Logger;
  /** Does the work of a job once; the result is durable when it returns, and taken back when it came too late. */
  readonly attempt: (job: Claimed, context: AttemptContext) => Promise<Attempt>;
  /** Called when a job has ended or moved, so that the server can tell who follows it. */
  readonly changed: (key: JobKey) => void;
  /** Called when a job has ended, to remove what only its work needed. */
  readonly ended: (job: Claimed) => Promise<void>;
  /** Called with each job that was taken up or has ended, for whoever counts. */
  readonly onEvent: (event: JobEvent) => void;
  readonly holder: string;
  readonly limits: SlotLimits &
    Readonly<Record<'attempts' | 'leaseMs' | 'reportKeptMs' | 'suspectTurnMs' | 'diskFullMs', number>>;
};

/** Why an attempt was stopped from outside. */
const goesBack = Symbol('the job goes back into the queue');
const lost = Symbol('the job is no longer ours');

type Running = { readonly type: JobType; readonly call: AbortController; readonly done: Promise<void> };

/** A worker's side of the queue: takes up jobs while it has slots, keeps their leases, records how they ended. */
export class Loop {
  readonly #parts: LoopParts;
  readonly #running = new Map<JobKey, Running>();
  readonly #isolation: Isolation;
  /** Whether there may be work that the take-up under way has not seen. */
  #asked = false;
  #takingUp: Promise<void> | null = null;
  #stopping = false;

  constructor(parts: LoopParts) {
    this.#parts = parts;
    this.#isolation = new Isolation(parts.limits.suspectTurnMs, parts.clock.monotonic());
  }

  /** Takes up whatever there are slots for. Call it when there may be work, and every second; it returns at once. */
  wake(): void {
    if (this.#stopping) return;
    this.#asked = true;
    this.#takingUp ??= this.#takeUpWhileAsked();
  }

  /** One take-up at a time: slots are counted before a claim and filled after it. */
  async #takeUpWhileAsked(): Promise<void> {
    while (this.#asked && !this.#stopping) {
      this.#asked = false;
      try {
        await this.#takeUp();
      } catch (error) {
        // A job database that is busy, full or away is asked again at the next call.
        this.#parts.log.error({ err: error }, 'queue_not_read');
      }
    }
    this.#takingUp = null;
  }

  async #takeUp(): Promise<void> {
    const { journal, clock } = this.#parts;
    const suspectWaits = await journal.hasSuspect();
    const running = this.#running.size;
    const turn = (idle: boolean) => this.#isolation.turn(clock.monotonic(), { suspectWaits, idle, running });
    switch (turn(false)) {
      case 'others':
        await this.#takeOthers();
        if (suspectWaits && this.#running.size === 0 && turn(true) === 'suspect') await this.#takeSuspect();
        return;
      case 'suspect':
        // It may be another worker's by now.
        if (!(await this.#takeSuspect())) await this.#takeOthers();
        return;
      case 'none, and what runs goes back':
        for (const { call } of this.#running.values()) call.abort(goesBack);
        return;
      case 'none':
        return;
    }
  }

  async #takeOthers(): Promise<void> {
    for (const type of jobTypes) {
      const { perWorker } = slotsFor(type, this.#parts.limits);
      while (this.#count(type) < perWorker && (await this.#take(type, 'unsuspected')));
    }
  }

  async #takeSuspect(): Promise<boolean> {
    for (const type of jobTypes) if (await this.#take(type, 'suspect')) return true;
    return false;
  }

  async #take(type: JobType, which: Which): Promise<boolean> {
    if (this.#stopping) return false;
    const { journal, clock, holder, limits } = this.#parts;
    const { perTenant } = slotsFor(type, limits);
    const job = await journal.claim({ type, holder, perTenant, nowMs: clock.now(), which });
    if (job === null) return false;
    this.#parts.onEvent({ what: 'taken up', type });
    const call = new AbortController();
    const done = this.#run(job, call).finally(() => {
      // A job that was given back meanwhile may be running again already.
      if (this.#running.get(job.key)?.call === call) this.#running.delete(job.key);
      this.wake();
    });
    this.#running.set(job.key, { type, call, done });
    // Claimed while the worker began to stop.
    if (this.#stopping) call.abort(goesBack);
    return true;
  }

  /** Stops the attempt at a job that was cancelled, at once and not at its next heartbeat. */
  check(key: JobKey): void {
    this.#running.get(key)?.call.abort(lost);
  }

  /** Gives back what runs and returns when nothing does. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const { call } of this.#running.values()) call.abort(goesBack);
    await this.#takingUp;
    await Promise.all([...this.#running.values()].map(({ done }) => done));
  }

  #count(type: JobType): number {
    return [...this.#running.values()].filter((running) => running.type === type).length;
  }

  async #run(job: Claimed, call: AbortController): Promise<void> {
    const { journal, clock, log, changed, onEvent } = this.#parts;
    const lease: Lease = { key: job.key, fence: job.fence };
    const startedMs = clock.monotonic();
    const facts = { tenant: job.tenant, job: job.id, type: job.type, attempt: job.attempt };
    let progress: Progress = { rows: 0, rowsTotal: null, percent: null };
    let beating = false;
    const beat = async () => {
      // A beat may wait for the job database.
      if (beating) return;
      beating = true;
      try {
        if (await journal.beat(lease, progress)) changed(job.key);
        else call.abort(lost);
      } catch (error) {
        log.error({ ...facts, err: error }, 'lease_not_renewed');
      } finally {
        beating = false;
      }
    };
    // A timer of the main thread, which only hands out work: compression and reading have threads, as the engine has.
    const beats = setInterval(() => void beat(), Math.min(500, this.#parts.limits.leaseMs / 5));
    log.info(facts, 'job_started');
    changed(job.key);
    try {
      const context: AttemptContext = {
        progress: (now) => {
          progress = now;
        },
        signal: call.signal,
      };
      const { outcome, takeBack } = await this.#parts.attempt(job, context);
      const finished = await this.#finish(lease, outcome, takeBack);
      if (finished) {
        onEvent({ what: 'finished', type: job.type, ms: clock.monotonic() - startedMs, report: sizeOf(outcome) });
        await this.#parts.ended(job);
      }
      log.info({ ...facts, rows: progress.rows }, finished ? 'job_finished' : 'job_finished_too_late');
    } catch (error) {
      await this.#afterFailure(job, lease, startedMs, call.signal, error);
    } finally {
      clearInterval(beats);
      changed(job.key);
    }
  }

  /** False when the job is no longer ours, and then, as when it cannot be recorded, its files are taken back. */
  async #finish(lease: Lease, outcome: Outcome, takeBack: () => Promise<void>): Promise<boolean> {
    const { journal, clock, limits } = this.#parts;
    const now = clock.now();
    const keptMs = keptMsFor(outcome.type, limits);
    try {
      const finished = await journal.finish(lease, outcome, now, keptMs === null ? null : now + keptMs);
      if (!finished) await takeBack();
      return finished;
    } catch (error) {
      await takeBack();
      throw error;
    }
  }

  async #afterFailure(
    job: Claimed,
    lease: Lease,
    startedMs: number,
    signal: AbortSignal,
    error: unknown,
  ): Promise<void> {
    const { journal, clock, log, limits } = this.#parts;
    const facts = { tenant: job.tenant, job: job.id, attempt: job.attempt };
    if (signal.reason === lost) return log.info(facts, 'job_let_go');
    if (signal.reason === goesBack) {
      await this.#recorded(facts, () => journal.giveBack(lease, 'not counted'));
      return log.info(facts, 'job_given_back');
    }
    const failure = failureOf(error);
    // A wrong file is the sender's mistake and not an error of the program: no stack.
    if (failures[failure.code].move === 'caller') log.warn({ ...facts, code: failure.code }, 'attempt_failed');
    else log.error({ ...facts, code: failure.code, err: causeOf(failure) }, 'attempt_failed');
    const sinceFirstMs = job.state === 'running' ? clock.now() - job.startedAtMs : 0;
    const next = afterFailedAttempt({ attempt: job.attempt, code: failure.code, sinceFirstMs }, limits);
    if (next.do === 'give up') {
      const tried = next.because === 'attempts spent' ? ` It was tried ${job.attempt} times.` : '';
      const reason = { code: failure.code, message: failure.message + tried };
      if (!(await this.#recorded(facts, () => journal.fail(lease, reason, clock.now())))) return;
      this.#parts.onEvent({ what: 'failed', type: job.type, ms: clock.monotonic() - startedMs });
      return await this.#parts.ended(job);
    }
    // The wait is held under the lease, so it needs no clock that all observers share.
    const waited = await delay(next.afterMs, true, { signal }).catch(() => false);
    if (!waited && signal.reason !== goesBack) return;
    await this.#recorded(facts, () => journal.giveBack(lease, next.counts ? 'counted' : 'not counted'));
  }

  /** Records how an attempt ended, again every second while the job database is busy or the disk full. */
  async #recorded(facts: object, record: () => Promise<boolean>): Promise<boolean> {
    for (;;) {
      try {
        return await record();
      } catch (error) {
        this.#parts.log.error({ ...facts, err: error }, 'end_not_recorded');
        // The lease ends by itself, and a worker that stops must not wait.
        if (this.#stopping) return false;
        await delay(1000);
      }
    }
  }
}
