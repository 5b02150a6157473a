import type { JobId, TenantId } from '../../domain/ids.ts';
import type { Engine } from '../engine/engine.ts';
import { countOfForgotten, forgottenArrivals } from '../erase/arriving.ts';
import { stillInTables } from '../erase/removal.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Cleanup } from './cleanup.ts';
import { blockFor, stagingTables } from './intake.ts';
import { abortOpenWrites } from './removal.ts';
import { addRows, choose, countChosen } from './statements.ts';
import type { Turns } from './turns.ts';

/** `allowForgotten` stores what was erased before. */
export type AddOptions = { readonly allowForgotten?: boolean };
/** How many of the rows that came were not stored because they were erased, or are older than the tenant keeps. */
export type Added = { readonly forgotten: number };

/** Connections with empty staging tables that are kept for the next write. */
const mostIdle = 2;

/** Adds activities to the tables: tenants at the same time, the writes of one tenant one after the other. */
export class Writer implements AsyncDisposable {
  readonly #engine: Engine;
  readonly #ledger: Ledger;
  readonly #turns: Turns;
  readonly #cleanup: Cleanup;
  readonly #idle: Engine[] = [];
  readonly #running = new Set<Promise<void>>();

  constructor(engine: Engine, ledger: Ledger, turns: Turns, cleanup: Cleanup) {
    this.#engine = engine;
    this.#ledger = ledger;
    this.#turns = turns;
    this.#cleanup = cleanup;
  }

  /** Adds a block of activities. It is taken in at once, and waits for its tenant's turn then. */
  add(tenant: TenantId, importId: JobId, block: Uint8Array, options: AddOptions): Promise<Added> {
    const running = this.#add(tenant, importId, block, options);
    const settled = running.catch(() => undefined).then(() => void this.#running.delete(settled));
    this.#running.add(settled);
    return running;
  }

  /** Waits for the writes that have begun. */
  async [Symbol.asyncDispose](): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
    for (const connection of this.#idle.splice(0)) connection[Symbol.dispose]();
  }

  async #add(tenant: TenantId, importId: JobId, block: Uint8Array, options: AddOptions): Promise<Added> {
    const connection = await this.#connect();
    let forgotten = 0;
    try {
      await connection.insert('intake', blockFor(block));
      await this.#turns.take(tenant, async () => {
        forgotten = await this.#write(connection, tenant, importId, options);
        await this.#cleanup.run(tenant);
      });
      for (const table of ['intake', 'chosen', 'forgotten']) await connection.run(`TRUNCATE TABLE ${table}`);
    } catch (error) {
      connection[Symbol.dispose]();
      throw error;
    }
    if (this.#idle.length < mostIdle) this.#idle.push(connection);
    else connection[Symbol.dispose]();
    return { forgotten };
  }

  async #connect(): Promise<Engine> {
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    const connection = this.#engine.connect();
    for (const statement of stagingTables) await connection.run(statement);
    return connection;
  }

  /**
   * Rows and what they replace, then the commit in the ledger: nothing is read before it. Answers how many of the rows
   * that came are not stored because they are forgotten.
   */
  async #write(
    connection: Engine,
    tenant: TenantId,
    importId: JobId,
    { allowForgotten = false }: AddOptions,
  ): Promise<number> {
    await abortOpenWrites(connection, this.#ledger, tenant);
    const { erasures } = this.#ledger;
    const forgotten = await forgottenArrivals(erasures, tenant, { allowForgotten, nowMs: Date.now() });
    for (const statement of forgotten?.users ?? []) await connection.run(statement);
    const notStored = forgotten === null ? 0 : await countOfForgotten(connection, forgotten);
    const moment = await this.#ledger.moment(tenant);
    const erased = await stillInTables(erasures, tenant);
    await connection.run(choose(tenant, moment.write, forgotten?.sql ?? null, erased?.identity ?? null));
    const [counts] = await connection.rows<(string | number)[]>(countChosen);
    const [came = 0, added = 0, replaced = 0] = (counts ?? []).map(Number);
    if (added === 0) return notStored;
    const { write } = await this.#ledger.begin({ tenant, kind: 'add', importId });
    const values = { tenant, importId, write, all: added === came, replaces: replaced > 0 };
    for (const statement of addRows(values)) await connection.run(statement);
    await this.#ledger.commit(write, { added, replaced });
    return notStored;
  }
}
