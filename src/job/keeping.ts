import { commandLine, type TenantId } from '../domain/ids.ts';
import type { EraseRequest } from '../domain/job.ts';
import type { Clock } from '../kit/clock.ts';
import type { Logger } from '../kit/log.ts';
import type { Store } from '../store/store.ts';
import type { Journal } from './journal/journal.ts';

const dayMs = 86_400_000;

type KeepingParts = {
  readonly store: Pick<Store, 'erasures' | 'holdsBefore'>;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called when there is a new job. */
  readonly wake: () => void;
};

/**
 * Starts the erasures that no command asks for: of what is older than its tenant keeps, once a day and after every start
 * or change of the setting, and of what earlier erasures have left because their jobs failed.
 */
export class Keeping {
  readonly #parts: KeepingParts;
  /** Tenants that were looked at since the start. */
  readonly #swept = new Set<TenantId>();
  #unfinishedLookedForMs: number | null = null;

  constructor(parts: KeepingParts) {
    this.#parts = parts;
  }

  /** Call it at the start and every few seconds. */
  async sweep(): Promise<void> {
    await this.#finishErasures();
    const { store, clock } = this.#parts;
    for (const { tenant, days, sweptAtMs } of await store.erasures.retentions()) {
      const nowMs = clock.now();
      const wasToday = sweptAtMs !== null && Math.abs(nowMs - sweptAtMs) < dayMs;
      if (wasToday && this.#swept.has(tenant)) continue;
      const beforeMs = nowMs - days * dayMs;
      if (await store.holdsBefore(tenant, beforeMs)) {
        await this.#start(tenant, { what: 'expired', before: new Date(beforeMs).toISOString() });
      }
      await store.erasures.noteSwept(tenant, nowMs);
      this.#swept.add(tenant);
    }
  }

  /** At the start and once an hour: an erasure whose job failed is already invisible, but still on the disk. */
  async #finishErasures(): Promise<void> {
    const { store, clock } = this.#parts;
    const nowMs = clock.monotonic();
    if (this.#unfinishedLookedForMs !== null && nowMs - this.#unfinishedLookedForMs < dayMs / 24) return;
    this.#unfinishedLookedForMs = nowMs;
    const tenants = new Set((await store.erasures.pending(null)).map(({ tenant }) => tenant));
    for (const tenant of tenants) await this.#start(tenant, { what: 'unfinished' });
  }

  /** Unless an erasure of the tenant is under way: it finishes all before it, and the next sweep sees what is left. */
  async #start(tenant: TenantId, request: EraseRequest): Promise<void> {
    const { journal, clock, log, wake } = this.#parts;
    for (const state of ['waiting', 'running'] as const) {
      const { jobs } = await journal.list(tenant, { state, type: 'erase', before: null, limit: 1 });
      if (jobs.length > 0) return;
    }
    // Every worker sweeps: of those that come here at once, one adds the job and the others join it.
    const owner = { tenant, app: commandLine, same: `erasure of ${tenant}`, idempotencyKey: null };
    const ask = { nowMs: clock.now(), joins: true, mostWaiting: null };
    const submitted = await journal.submit({ type: 'erase', request, ...owner }, ask);
    if (submitted.did !== 'added') return;
    log.info({ tenant, job: submitted.id, what: request.what }, 'erasure_started');
    wake();
  }
}
