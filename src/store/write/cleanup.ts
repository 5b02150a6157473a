import type { TenantId } from '../../domain/ids.ts';
import type { Engine } from '../engine/engine.ts';
import type { Ledger, Removal } from '../ledger/ledger.ts';
import type { Readers, ReadersThen } from '../readers/readers.ts';
import type { Removals } from '../removals.ts';
import { countEntries, countReplaced, removeEntries, removeReplaced } from './removal.ts';
import type { TenantTurns } from './tenant-turns.ts';

/** Replaced versions are removed once there are so many: each removal reads the versions of the whole tenant. */
export const replacedWorthRemoving = 100_000;

/**
 * Removes replaced versions that no reader can see any more: first the rows, then the entries that name them. The ledger
 * knows of a removal before its first row is removed, so one that was cut off is done again, and none comes back.
 */
export class Cleanup {
  readonly #engine: Engine;
  readonly #ledger: Ledger;
  readonly #readers: Readers;
  readonly #turns: TenantTurns;
  readonly #removals: Removals;
  readonly #atLeast: number;
  /**
   * Removals whose rows are gone. Their entries must stay until every reader that was there then is gone: one of its
   * queries may have taken hold of the rows before they were removed, and look for the entries after.
   */
  readonly #rowsRemoved = new Map<number, ReadersThen>();

  /** Removes once a tenant has at least so many: each removal reads the versions of the tenant. */
  constructor(
    engine: Engine,
    ledger: Ledger,
    readers: Readers,
    turns: TenantTurns,
    removals: Removals,
    atLeast: number,
  ) {
    this.#turns = turns;
    this.#removals = removals;
    this.#engine = engine;
    this.#ledger = ledger;
    this.#readers = readers;
    this.#atLeast = atLeast;
  }

  /** Takes a turn of the tenant where something can be done. */
  async runIfDue(tenant: TenantId): Promise<void> {
    if (!(await this.#isDue(tenant))) return;
    await this.#turns.takeAlone(tenant, () => this.run(tenant));
  }

  /** Does what can be done now for a tenant, in a turn of its own, when there are `atLeast` replaced versions. */
  async run(tenant: TenantId, atLeast = this.#atLeast): Promise<void> {
    const removal = (await this.#ledger.openRemovals(tenant))[0] ?? (await this.#begin(tenant, atLeast));
    if (removal === null) return;
    if (!this.#rowsRemoved.has(removal.number)) {
      await removeReplaced(this.#engine, tenant, removal.upTo);
      this.#rowsRemoved.set(removal.number, await this.#readers.now(tenant));
    }
    if (!(await this.#rowsRemoved.get(removal.number)!.haveLeft())) return;
    await removeEntries(this.#engine, tenant, removal.upTo);
    await this.#ledger.endRemoval(removal.number);
    this.#rowsRemoved.delete(removal.number);
  }

  async #isDue(tenant: TenantId): Promise<boolean> {
    if ((await this.#ledger.openRemovals(tenant)).length > 0) return true;
    const { write, replaced } = await this.#ledger.moment(tenant);
    return replaced && (await countEntries(this.#engine, tenant, write)) >= this.#atLeast;
  }

  async #begin(tenant: TenantId, atLeast: number): Promise<Removal | null> {
    const { write, replaced } = await this.#ledger.moment(tenant);
    if (!replaced) return null;
    // Before the readers are asked, which may take seconds where they are in several processes.
    if ((await countEntries(this.#engine, tenant, write)) < atLeast) return null;
    const upTo = Math.min(write, await this.#readers.oldestOf(tenant));
    const superseded = await countEntries(this.#engine, tenant, upTo);
    if (superseded < atLeast) return null;
    const versions = await countReplaced(this.#engine, tenant, upTo);
    const removal = { tenant, upTo, stored: { versions, superseded } };
    return await this.#removals.begin(() => this.#ledger.beginRemoval(removal));
  }
}

/** Ends the removals that were cut off; at opening, when nobody reads. */
export async function endRemovals(engine: Engine, ledger: Ledger): Promise<void> {
  for (const { number, tenant, upTo } of await ledger.openRemovals(null)) {
    await removeReplaced(engine, tenant, upTo);
    await removeEntries(engine, tenant, upTo);
    await ledger.endRemoval(number);
  }
}
