import type { JobKey } from '../domain/ids.ts';
import type { ExportRequest, ImportRequest, Outcome } from '../domain/job.ts';
import type { Shelf, Spool } from '../files/files.ts';
import type { Clock } from '../kit/clock.ts';
import type { Logger } from '../kit/log.ts';
import type { Desk } from './job.ts';
import type { Journal, Pulse } from './journal/journal.ts';

type Seen = { readonly fence: number; readonly beat: number; readonly atMs: number };

/** The server's housekeeping: leases whose pulse stopped, reports whose time is over, files nobody needs. */
export class Sweeper {
  readonly #parts: SweeperParts;
  readonly #seen = new Map<JobKey, Seen>();

  constructor(parts: SweeperParts) {
    this.#parts = parts;
  }

  /**
   * Takes jobs away from holders whose pulse has not moved for a lease's length, judged by this observer's own
   * monotonic clock: no clock of another machine, and no jump of this one, can end a lease.
   */
  leases(): void {
    const { journal, clock, limits } = this.#parts;
    const now = clock.monotonic();
    const pulses = journal.pulses();
    for (const pulse of pulses) {
      const seen = this.#seen.get(pulse.key);
      if (seen === undefined || seen.fence !== pulse.fence || seen.beat !== pulse.beat) {
        this.#seen.set(pulse.key, { fence: pulse.fence, beat: pulse.beat, atMs: now });
      } else if (now - seen.atMs >= limits.leaseMs) {
        this.#takeAway(pulse, 'lease_ran_out');
      }
    }
    const running = new Set(pulses.map((pulse) => pulse.key));
    for (const key of this.#seen.keys()) if (!running.has(key)) this.#seen.delete(key);
  }

  /** Takes away at once what the holders hold who are known to be dead. */
  bury(isDead: (holder: string) => boolean): void {
    for (const pulse of this.#parts.journal.pulses()) if (isDead(pulse.holder)) this.#takeAway(pulse, 'worker_died');
  }

  /** Lets reports go whose time is over; one that is being downloaded is let finish by its open file. */
  reports(): void {
    const { journal, desk, clock, log } = this.#parts;
    for (const { id, tenant } of journal.expiredBy(clock.now(), 1000)) {
      if (desk.expire(tenant, id)) log.info({ tenant, job: id }, 'report_expired');
    }
  }

  /** Removes files that no job needs. Only while no worker runs: an attempt's new files are nobody's yet. */
  async files(): Promise<void> {
    const { journal, shelf, spool, log } = this.#parts;
    const spooled = new Set<string>();
    const shelved = new Set<string>();
    for (const { state, request, outcome } of journal.remembered()) {
      const spoolName = (JSON.parse(request) as Partial<ImportRequest> & Partial<ExportRequest>).spoolName;
      if (spoolName !== undefined && state !== 'finished') spooled.add(spoolName);
      const done = outcome === null ? null : (JSON.parse(outcome) as Outcome);
      if (done?.type === 'export') shelved.add(done.report.shelfName);
      if (done?.type === 'import' && done.rejectsName !== null) spooled.add(done.rejectsName);
    }
    const removed = { spool: await spool.keepOnly(spooled), shelf: await shelf.keepOnly(shelved) };
    if (removed.spool + removed.shelf > 0) log.info(removed, 'leftovers_removed');
  }

  #takeAway(pulse: Pulse, event: 'lease_ran_out' | 'worker_died'): void {
    const { journal, desk, clock, log, limits } = this.#parts;
    const spent = pulse.attempt >= limits.attempts;
    const message = `Every one of ${pulse.attempt} attempts was cut off; the worker's log says why. Then start it again.`;
    const moved = spent
      ? journal.fail(pulse, { code: 'attempts_spent', message }, clock.now())
      : journal.giveBack(pulse, 'counted');
    if (!moved) return;
    log.warn({ tenant: pulse.tenant, job: pulse.id, attempt: pulse.attempt, gaveUp: spent }, event);
    this.#seen.delete(pulse.key);
    desk.changed(pulse.key);
  }
}

type SweeperParts = {
  readonly journal: Journal;
  readonly desk: Desk;
  readonly shelf: Shelf;
  readonly spool: Spool;
  readonly clock: Clock;
  readonly log: Logger;
  readonly limits: { readonly leaseMs: number; readonly attempts: number };
};
