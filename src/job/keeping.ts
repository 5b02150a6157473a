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
        this.#start(tenant, { what: 'expired', before: new Date(beforeMs).toISOString() });
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
    for (const tenant of tenants) this.#start(tenant, { what: 'unfinished' });
  }

  /** Unless an erasure of the tenant is under way: it finishes all before it, and the next sweep sees what is left. */
  #start(tenant: TenantId, request: EraseRequest): void {
    const { journal, clock, log, wake } = this.#parts;
    const underWay = (['waiting', 'running'] as const).some(
      (state) => journal.list(tenant, { state, type: 'erase', before: null, limit: 1 }).jobs.length > 0,
    );
    if (underWay) return;
    const owner = { tenant, app: commandLine, same: null, idempotencyKey: null };
    const job = journal.add({ type: 'erase', request, ...owner }, clock.now());
    log.info({ tenant, job, what: request.what }, 'erasure_started');
    wake();
  }
}
