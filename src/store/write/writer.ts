import { totalmem } from 'node:os';
import type { JobId, TenantId } from '../../domain/ids.ts';
import type { Engine } from '../engine/engine.ts';
import { countOfForgotten, forgottenArrivals } from '../erase/arriving.ts';
import { stillInTables } from '../erase/removal.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Cleanup } from './cleanup.ts';
import { blockFor, stagingTables } from './intake.ts';
import { addRows, choose, countChosen } from './statements.ts';
import type { TenantTurns } from './tenant-turns.ts';
import { Turns } from './turns.ts';

/** `allowForgotten` stores what was erased before. */
export type AddOptions = { readonly allowForgotten?: boolean };
/** How many of the rows that came were not stored because they were erased, or are older than the tenant keeps. */
export type Added = { readonly forgotten: number };

/** Connections with empty staging tables that are kept for the next write. */
const mostIdle = 2;

/**
 * One write holds so many rows, or bytes of blocks, where an import brings more. A larger write looks ids up and is merged
 * more cheaply: with some 50,000 rows an activity took 37 µs of processor, merges included, with 250,000 it takes 30. The
 * worker has a write in memory up to twice, so a small machine writes less at once.
 */
const writeRows = 250_000;
const writeBytes = Math.min(256 * 2 ** 20, Math.min(totalmem(), process.constrainedMemory() || Infinity) / 16);

/** Larger writes of all tenants are done one after the other, since each is in memory twice. */
const largeBytes = 64 * 2 ** 20;

/** The activities of one import on their way to the tables. It belongs to one caller, who asks one thing at a time. */
export type Adding = AsyncDisposable & {
  /** Takes a block of `rows` activities in. They are on disk when `end` has returned, and some of them before. */
  add(block: Uint8Array, rows: number): Promise<void>;
  /** Writes what is taken in. Without it, the activities since the last write are dropped. */
  end(): Promise<Added>;
};

/** Blocks that are taken in and not written yet. */
type Staged = { readonly connection: Engine; rows: number; bytes: number };

/** Adds activities to the tables: tenants at the same time, the writes of one tenant one after the other. */
export class Writer implements AsyncDisposable {
  readonly #engine: Engine;
  readonly #ledger: Ledger;
  readonly #turns: TenantTurns;
  readonly #cleanup: Cleanup;
  readonly #large = new Turns();
  readonly #connections = new Set<Engine>();
  readonly #idle: Engine[] = [];
  readonly #running = new Set<Promise<void>>();

  constructor(engine: Engine, ledger: Ledger, turns: TenantTurns, cleanup: Cleanup) {
    this.#engine = engine;
    this.#ledger = ledger;
    this.#turns = turns;
    this.#cleanup = cleanup;
  }

  /** Begins to add activities: blocks are taken in while those before them are written. */
  begin(tenant: TenantId, importId: JobId, options: AddOptions): Adding {
    let staged: Staged | null = null;
    let writing: Promise<void> = Promise.resolve();
    let forgotten = 0;
    const write = async (): Promise<void> => {
      await writing;
      if (staged === null) return;
      const whole = staged;
      staged = null;
      writing = this.#follow(async () => {
        forgotten += await this.#writeFrom(whole, tenant, importId, options);
      });
    };
    const add = async (block: Uint8Array, rows: number): Promise<void> => {
      staged ??= { connection: await this.#connect(), rows: 0, bytes: 0 };
      await staged.connection.insert('intake', blockFor(block, staged.rows));
      staged.rows += rows;
      staged.bytes += block.byteLength;
      if (staged.rows >= writeRows || staged.bytes >= writeBytes) await write();
    };
    return {
      add: (block, rows) => this.#follow(() => add(block, rows)),
      end: async () => {
        await this.#follow(write);
        await writing;
        return { forgotten };
      },
      [Symbol.asyncDispose]: async () => {
        await writing.catch(() => undefined);
        if (staged !== null) await this.#close(staged.connection);
      },
    };
  }

  /** Waits for what has begun. */
  async [Symbol.asyncDispose](): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
    for (const connection of this.#connections) await this.#close(connection);
  }

  /** The work, which the end of the writer waits for. Its error may be looked at later. */
  #follow(work: () => Promise<void>): Promise<void> {
    const running = work();
    const settled = running.catch(() => undefined).then(() => void this.#running.delete(settled));
    this.#running.add(settled);
    return running;
  }

  /** Writes the rows that are taken in, and keeps the connection for others. Answers how many rows are forgotten. */
  async #writeFrom(staged: Staged, tenant: TenantId, importId: JobId, options: AddOptions): Promise<number> {
    const { connection, bytes } = staged;
    let forgotten = 0;
    const write = async () => {
      forgotten = await this.#write(connection, tenant, importId, options);
    };
    try {
      await this.#turns.take(tenant, () => (bytes > largeBytes ? this.#large.take('all', write) : write()));
      await this.#cleanup.runIfDue(tenant);
      for (const table of ['intake', 'chosen', 'forgotten']) await connection.run(`TRUNCATE TABLE ${table}`);
    } catch (error) {
      await this.#close(connection);
      throw error;
    }
    if (this.#idle.length < mostIdle) this.#idle.push(connection);
    else await this.#close(connection);
    return forgotten;
  }

  async #connect(): Promise<Engine> {
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    const connection = this.#engine.connect();
    this.#connections.add(connection);
    for (const statement of stagingTables) await connection.run(statement);
    return connection;
  }

  async #close(connection: Engine): Promise<void> {
    this.#connections.delete(connection);
    await connection[Symbol.asyncDispose]();
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
    const { erasures } = this.#ledger;
    // Before the moment is read: from here on no other process writes for the tenant.
    const { write } = await this.#turns.begin({ tenant, kind: 'add', importId, session: connection.session });
    const forgotten = await forgottenArrivals(erasures, tenant, { allowForgotten, nowMs: Date.now() });
    for (const statement of forgotten?.users ?? []) await connection.run(statement);
    const notStored = forgotten === null ? 0 : await countOfForgotten(connection, forgotten);
    const moment = await this.#ledger.moment(tenant);
    const erased = await stillInTables(erasures, tenant);
    await connection.run(choose(tenant, moment.write, forgotten?.sql ?? null, erased?.identity ?? null));
    const [counts] = await connection.rows<(string | number)[]>(countChosen);
    const [came = 0, added = 0, replaced = 0] = (counts ?? []).map(Number);
    if (added === 0) {
      await this.#ledger.abort(write);
      return notStored;
    }
    const values = { tenant, importId, write, all: added === came, replaces: replaced > 0 };
    for (const statement of addRows(values)) await connection.run(statement);
    await this.#ledger.commit(write, { added, replaced });
    return notStored;
  }
}
