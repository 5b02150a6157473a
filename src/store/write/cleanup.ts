import type { Engine } from '../engine/engine.ts';
import type { Readers } from '../readers.ts';

const sync = 'SETTINGS lightweight_deletes_sync = 2, mutations_sync = 2';
const upTo = 'by_write <= {upTo:UInt64}';

/**
 * Removes replaced versions that no reader can see any more: first the rows, then the entries that name them. Cut off in
 * between, the next clean-up looks for the same rows again, and none comes back.
 */
export class Cleanup {
  readonly #engine: Engine;
  readonly #readers: Readers;
  readonly #atLeast: number;
  /**
   * Rows up to this write are removed; their entries must stay until every reader that was there then is gone: one of
   * its queries may have taken hold of the rows before they were removed, and look for the entries after.
   */
  #rowsRemoved: { readonly upTo: number; readonly readers: readonly symbol[] } | null = null;

  /** Removes once there are at least so many: each removal reads the versions of the whole table. */
  constructor(engine: Engine, readers: Readers, atLeast: number) {
    this.#engine = engine;
    this.#readers = readers;
    this.#atLeast = atLeast;
  }

  /** Does what can be done now; whether entries were removed. Call it between two writes. */
  async run(lastWrite: number): Promise<boolean> {
    if (this.#rowsRemoved === null) await this.#removeRows(Math.min(lastWrite, this.#readers.oldest));
    if (!this.#rowsRemoved?.readers.every((reader) => !this.#readers.has(reader))) return false;
    await this.#removeEntries();
    return true;
  }

  async #removeRows(oldest: number): Promise<void> {
    const count = `SELECT count() FROM trailport.superseded WHERE ${upTo}`;
    const [row] = await this.#engine.rows<[string | number]>(count, { upTo: oldest });
    if (Number(row?.[0] ?? 0) < this.#atLeast) return;
    await this.#engine.run(
      `DELETE FROM trailport.activity WHERE version IN (SELECT version FROM trailport.superseded WHERE ${upTo}) ${sync}`,
      { upTo: oldest },
    );
    this.#rowsRemoved = { upTo: oldest, readers: this.#readers.all };
  }

  async #removeEntries(): Promise<void> {
    const { upTo: write } = this.#rowsRemoved!;
    await this.#engine.run(`DELETE FROM trailport.superseded WHERE ${upTo} ${sync}`, { upTo: write });
    this.#rowsRemoved = null;
  }
}
