import type { JobEvent } from '../domain/figures.ts';
import type { JobKey } from '../domain/ids.ts';
import { type FileRef, type Files, removeFiles, removeLeftovers } from '../files/files.ts';
import type { Clock } from '../kit/clock.ts';
import type { Logger } from '../kit/log.ts';
import type { Desk } from './job.ts';
import type { Journal, RunningLease } from './journal/journal.ts';
import { filesOf } from './work/work.ts';

type Seen = { readonly fence: number; readonly beat: number; readonly atMs: number };

/** The server's housekeeping: leases without a heartbeat, reports whose time is over, files that no job needs. */
export class Sweeper {
  readonly #parts: SweeperParts;
  readonly #seen = new Map<JobKey, Seen>();
  #lookedAtMs = Number.NEGATIVE_INFINITY;

  constructor(parts: SweeperParts) {
    this.#parts = parts;
  }

  /**
   * Ends leases whose heartbeat has not moved for the length of a lease, by this observer's own monotonic clock: no clock
   * of another machine, and no jump of this one, can end a lease. Time in which the observer itself could not look does not
   * count: a job database that was away let nobody beat.
   */
  async leases(): Promise<void> {
    const { journal, clock, limits } = this.#parts;
    const leases = await journal.runningLeases();
    const now = clock.monotonic();
    if (now - this.#lookedAtMs > limits.leaseMs / 2) this.#seen.clear();
    this.#lookedAtMs = now;
    for (const lease of leases) {
      const seen = this.#seen.get(lease.key);
      if (seen === undefined || seen.fence !== lease.fence || seen.beat !== lease.beat) {
        this.#seen.set(lease.key, { fence: lease.fence, beat: lease.beat, atMs: now });
      } else if (now - seen.atMs >= limits.leaseMs) {
        await this.#endLease(lease, 'lease_ran_out');
      }
    }
    const running = new Set(leases.map((lease) => lease.key));
    for (const key of this.#seen.keys()) if (!running.has(key)) this.#seen.delete(key);
  }

  /** Ends the leases of workers that are known to be dead. */
  async releaseLeasesOf(isDead: (holder: string) => boolean): Promise<void> {
    for (const lease of await this.#parts.journal.runningLeases())
      if (isDead(lease.holder)) await this.#endLease(lease, 'worker_died');
  }

  /** Expires reports whose time is over. A download that is under way goes on: its file is open. */
  async reports(): Promise<void> {
    const { journal, desk, clock, log } = this.#parts;
    for (const { id, tenant } of await journal.expiredBy(clock.now(), 1000)) {
      if (await desk.expire(tenant, id)) log.info({ tenant, job: id }, 'report_expired');
    }
  }

  /** Removes jobs that ended long ago, with the files that they have. */
  async jobs(): Promise<void> {
    const { journal, files, clock, log, limits } = this.#parts;
    const removed = await journal.removeEnded(clock.now() - limits.jobKeptMs, 1000);
    if (removed.length === 0) return;
    await removeFiles(files, removed.flatMap(filesOf));
    log.info({ jobs: removed.length }, 'old_jobs_removed');
  }

  /** Removes files that no job needs. Only while no worker runs: the new files of an attempt belong to no job yet. */
  async files(): Promise<void> {
    const { journal, files, log } = this.#parts;
    const needed = async () => {
      const refs: FileRef[] = [];
      for await (const job of journal.withFiles()) refs.push(...filesOf(job));
      return refs;
    };
    const removed = await removeLeftovers(files, needed);
    if (removed.spool + removed.shelf > 0) log.info(removed, 'leftovers_removed');
  }

  async #endLease(lease: RunningLease, event: 'lease_ran_out' | 'worker_died'): Promise<void> {
    const { journal, desk, clock, log, onEvent, limits } = this.#parts;
    const spent = lease.attempt >= limits.attempts;
    const message = `Each of its ${lease.attempt} attempts was cut off; read the log of the worker, then start it again.`;
    const moved = spent
      ? await journal.fail(lease, { code: 'attempts_spent', message }, clock.now())
      : await journal.giveBack(lease, 'counted');
    if (!moved) return;
    log.warn({ tenant: lease.tenant, job: lease.id, attempt: lease.attempt, gaveUp: spent }, event);
    onEvent({ what: 'rescued', type: lease.type, because: event, gaveUp: spent });
    this.#seen.delete(lease.key);
    desk.changed(lease.key);
  }
}

type SweeperParts = {
  readonly journal: Journal;
  readonly desk: Desk;
  readonly files: Files;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called with each lease that was ended. */
  readonly onEvent: (event: JobEvent) => void;
  readonly limits: { readonly leaseMs: number; readonly attempts: number; readonly jobKeptMs: number };
};
