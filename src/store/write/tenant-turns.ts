import { setTimeout as delay } from 'node:timers/promises';
import type { TenantId } from '../../domain/ids.ts';
import type { Engine } from '../engine/engine.ts';
import type { Ledger, OpenWrite, WriteAsk } from '../ledger/ledger.ts';
import { endLeftWrite } from './removal.ts';
import { Turns } from './turns.ts';

/** How often to look whether another process has ended its write. */
const lookMs = 100;

/** The other processes that write. */
export type Others = {
  /** The name of this process. */
  readonly name: string;
  /** Whether a process is dead, or has ended. */
  isGone(name: string): Promise<boolean>;
};

/**
 * Turns of a tenant: in this process one after the other, and between processes by the ledger, in which a tenant has one
 * open write at a time. `others` is null where this is the only process.
 */
export class TenantTurns {
  readonly #engine: Engine;
  readonly #ledger: Ledger;
  readonly #others: Others | null;
  readonly #turns = new Turns();
  /** Tenants whose turn this process has. */
  readonly #taken = new Map<TenantId, number>();

  constructor(engine: Engine, ledger: Ledger, others: Others | null) {
    this.#engine = engine;
    this.#ledger = ledger;
    this.#others = others;
  }

  /** The next turn of this process. Its work may begin a write, one at a time. */
  take<T>(tenant: TenantId, work: () => Promise<T>): Promise<T> {
    this.#taken.set(tenant, (this.#taken.get(tenant) ?? 0) + 1);
    const turn = this.#turns.take(tenant, work);
    const left = () => {
      const still = (this.#taken.get(tenant) ?? 1) - 1;
      if (still === 0) this.#taken.delete(tenant);
      else this.#taken.set(tenant, still);
    };
    turn.then(left, left);
    return turn;
  }

  /** The same, while no other process has a turn of the tenant either. The work begins no write. */
  takeAlone<T>(tenant: TenantId, work: () => Promise<T>): Promise<T> {
    return this.take(tenant, async () => {
      if (this.#others === null) return await work();
      const { write } = await this.begin({ tenant, kind: 'erase', importId: null, session: null });
      try {
        return await work();
      } finally {
        await this.#ledger.abort(write);
      }
    });
  }

  /**
   * Begins a write, in a turn of the tenant. Waits for one of another process; ends those that an error cut off, and those
   * of processes that are gone.
   */
  async begin(ask: Omit<WriteAsk, 'holder'>): Promise<OpenWrite> {
    for (;;) {
      const open = await this.#ledger.begin({ ...ask, holder: this.#others?.name ?? null });
      if (open !== null) return open;
      let waits = false;
      for (const left of await this.#ledger.openWrites(ask.tenant)) {
        if (await this.#isLeft(left)) await endLeftWrite(this.#engine, this.#ledger, left);
        else waits = true;
      }
      if (waits) await delay(lookMs);
    }
  }

  /** Ends writes of this process that an error cut off, so that other processes do not wait for them. */
  async endOwnLeft(): Promise<void> {
    for (const open of await this.#ledger.openWrites(null)) {
      if (open.holder !== this.#others?.name || this.#taken.has(open.tenant)) continue;
      await this.take(open.tenant, () => this.#endIfOpen(open));
    }
  }

  async #endIfOpen({ tenant, write }: OpenWrite): Promise<void> {
    const left = (await this.#ledger.openWrites(tenant)).find((open) => open.write === write);
    if (left !== undefined) await endLeftWrite(this.#engine, this.#ledger, left);
  }

  /** This process has the tenant's turn, so what it has open was cut off. */
  async #isLeft({ holder }: OpenWrite): Promise<boolean> {
    return (
      this.#others === null || holder === this.#others.name || holder === null || (await this.#others.isGone(holder))
    );
  }
}
