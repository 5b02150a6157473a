import { setTimeout as delay } from 'node:timers/promises';

/** How often a removal looks whether it may begin. */
const lookMs = 200;

/**
 * Whether rows may be removed from the tables for good. While a backup is made, nothing that its ledger knows may vanish
 * before the tables are frozen and counted. A removal that the ledger knew to be under way does no harm: the restored
 * store does it again.
 */
export class Removals {
  readonly #running = new Set<Promise<unknown>>();
  /** How many of those are whole removals. */
  #whole = 0;
  #holders = 0;

  /** Lets no removal begin until the answer is called; waits for those that are running. */
  async hold(): Promise<() => void> {
    this.#holders++;
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
    let isHeld = true;
    return () => {
      if (isHeld) this.#holders--;
      isHeld = false;
    };
  }

  /**
   * Records the beginning of a removal, or answers null while removals are held. A removal that runs as a whole may begin
   * others: who holds waits for it.
   */
  async begin<T>(record: () => Promise<T>): Promise<T | null> {
    if (this.#holders > 0 && this.#whole === 0) return null;
    return await this.#track(record());
  }

  /** Runs a removal as a whole, once nobody holds removals. Throws the signal's reason when it aborts before. */
  async run<T>(remove: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    while (this.#holders > 0) await delay(lookMs, undefined, { signal });
    this.#whole++;
    try {
      return await this.#track(remove());
    } finally {
      this.#whole--;
    }
  }

  async #track<T>(removal: Promise<T>): Promise<T> {
    this.#running.add(removal);
    try {
      return await removal;
    } finally {
      this.#running.delete(removal);
    }
  }
}
