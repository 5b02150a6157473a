import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../domain/failure.ts';
import type { JobId, TenantId } from '../../domain/ids.ts';
import type { EraseRequest } from '../../domain/job.ts';
import type { Engine } from '../engine/engine.ts';
import type { PendingErasure } from '../ledger/erasures.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { conditionAt } from '../moment.ts';
import type { Readers } from '../readers/readers.ts';
import type { Cleanup } from '../write/cleanup.ts';
import { countReplaced } from '../write/removal.ts';
import type { TenantTurns } from '../write/tenant-turns.ts';
import { commitErasure } from './erasing.ts';
import { removeErasedFiles, removeErasedRows, removeTally } from './removal.ts';

/** How many activities an erasure made invisible, and which erasures of the tenant have rows on the disk. */
export type Erased = { readonly rows: number; readonly pending: readonly PendingErasure[] };

const lookMs = 50;
/** Queries that are no exports end by themselves within this time (`TRAILPORT_COUNT_MS` is less). */
const leastWaitMs = 30_000;

/** Erases activities: first for every reader, then from the disk. */
export class Eraser {
  readonly #engine: Engine;
  readonly #ledger: Ledger;
  readonly #readers: Readers;
  readonly #turns: TenantTurns;
  readonly #cleanup: Cleanup;

  constructor(engine: Engine, ledger: Ledger, readers: Readers, turns: TenantTurns, cleanup: Cleanup) {
    this.#engine = engine;
    this.#ledger = ledger;
    this.#readers = readers;
    this.#turns = turns;
    this.#cleanup = cleanup;
  }

  /** See `Store.erase`. */
  erase(tenant: TenantId, job: JobId, request: EraseRequest, nowMs: number): Promise<Erased> {
    const { erasures } = this.#ledger;
    return this.#turns.take(tenant, async () => {
      if (request.what !== 'unfinished' && (await erasures.ofJob(tenant, job)) === null) {
        await using connection = this.#engine.connect();
        // The session begins with it, so that ending the session ends what comes after.
        await connection.run('SELECT 1');
        const { session } = connection;
        const { write } = await this.#turns.begin({ tenant, kind: 'erase', importId: null, session });
        await commitErasure(connection, this.#ledger, { write, tenant, job }, request, nowMs);
      }
      const own = await erasures.ofJob(tenant, job);
      if (own?.state === 'done') return { rows: own.rows, pending: [] };
      const pending = await erasures.pending(tenant);
      return { rows: own?.rows ?? pending.reduce((sum, { rows }) => sum + rows, 0), pending };
    });
  }

  /** See `Store.removeErased`. */
  async remove(
    tenant: TenantId,
    pending: readonly PendingErasure[],
    mostWaitMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#readersLeave(tenant, pending, Math.max(mostWaitMs, leastWaitMs), signal);
    await this.#turns.takeAlone(tenant, async () => {
      // Earlier versions of the same activities. A removal that was begun before ends first.
      for (let times = 0; times < 2; times++) await this.#cleanup.run(tenant, 1);
      await this.#assertNoneReplaced(tenant, pending);
      for (const erasure of pending) await removeErasedRows(this.#engine, this.#ledger.erasures, erasure);
    });
    await removeErasedFiles(this.#engine, Math.max(mostWaitMs, leastWaitMs), signal);
  }

  /** See `Store.concludeErased`. */
  async conclude(pending: readonly PendingErasure[]): Promise<void> {
    for (const erasure of pending) {
      if (erasure.what === 'tenant') await removeTally(this.#engine, erasure);
      await this.#ledger.erasures.conclude(erasure.write);
    }
  }

  /** See `Store.holdsBefore`. */
  async holdsBefore(tenant: TenantId, ms: number): Promise<boolean> {
    const { sql, bindings } = conditionAt(await this.#ledger.moment(tenant));
    const found = await this.#engine.rows(
      `SELECT 1 FROM trailport.activity WHERE tenant = {tenant:String} AND ${sql}
         AND time < fromUnixTimestamp64Milli({before:Int64}, 'UTC') LIMIT 1`,
      { ...bindings, tenant, before: ms },
    );
    return found.length > 0;
  }

  /**
   * Without its erased version, a version that it replaced would look like the last of its activity. A reader that opens
   * at this moment can keep the clean-up from removing it.
   */
  async #assertNoneReplaced(tenant: TenantId, pending: readonly PendingErasure[]): Promise<void> {
    if ((await countReplaced(this.#engine, tenant, lastOf(pending))) === 0) return;
    throw new Failure('too_busy', 'Versions that were replaced before the erasure are still read; it goes on later.');
  }

  /** Waits until nobody reads a moment from before the erasures. */
  async #readersLeave(
    tenant: TenantId,
    pending: readonly PendingErasure[],
    mostWaitMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    const last = lastOf(pending);
    const untilMs = performance.now() + mostWaitMs;
    while ((await this.#readers.oldestOf(tenant)) < last) {
      if (performance.now() >= untilMs) {
        const message =
          'Queries that began before the erasure still run; the activities are removed from the disk later.';
        throw new Failure('too_busy', message);
      }
      await delay(lookMs, undefined, { signal });
    }
  }
}

function lastOf(pending: readonly PendingErasure[]): number {
  return Math.max(...pending.map(({ write }) => write));
}
