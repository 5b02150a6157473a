import { join } from 'node:path';
import type { Activity } from '../domain/activity.ts';
import type { JobId, TenantId } from '../domain/ids.ts';
import type { Overview } from '../domain/overview.ts';
import type { Page, PageAsk } from '../domain/page.ts';
import type { Selection } from '../domain/selection.ts';
import type { Summary, SummaryAsk } from '../domain/summary.ts';
import { makePrivateDirectory } from '../kit/files.ts';
import { blockColumns, blockFormat, encodedActivities } from './block/block.ts';
import { type Lookup, lookupFor } from './browse/lookup.ts';
import { overviewOf } from './browse/overview.ts';
import { pageOf } from './browse/page.ts';
import { summaryOf } from './browse/summary.ts';
import { Engine } from './engine/engine.ts';
import { Newest } from './facts/newest.ts';
import { conditionAt, firstVersionOf, type Moment } from './moment.ts';
import { Readers } from './readers.ts';
import type { OpeningProgress } from './schema/migrate.ts';
import { openTables, removeUncommitted } from './schema/open.ts';
import { openSnapshot, type Snapshot } from './snapshot.ts';
import { Cleanup } from './write/cleanup.ts';
import { addRows, addSuperseded, choose, commit, countChosen, emptyStaging, findKnown } from './write/statements.ts';

export { ActivityBlock } from './block/block.ts';
export { checkStore } from './check.ts';
export type { Chunk } from './engine/engine.ts';
export type { Counts } from './facts/facts.ts';
export type { AskedColumn, FormulaGuard, LongValues, RowsAsk } from './rows/ask.ts';
export { careMaskOf, mayHoldLong } from './rules/care.ts';
export type { OpeningProgress } from './schema/migrate.ts';
export type { Snapshot, Unknown } from './snapshot.ts';

/** Replaced versions are removed once there are so many: each removal reads the versions of the whole table. */
const replacedWorthRemoving = 100_000;

/** Where activities are kept and asked for. One process at a time has a store open. */
export class Store implements AsyncDisposable {
  readonly #engine: Engine;
  /** The number of the last whole write; a snapshot shows what stood after it. */
  #lastWrite: number;
  /** Whether `superseded` may hold entries. */
  #anyReplaced: boolean;
  readonly #newest = new Newest();
  readonly #readers = new Readers();
  readonly #cleanup: Cleanup;
  #writing: Promise<unknown> = Promise.resolve();
  /** Whether the last write was cut off by an error and may have left rows. */
  #cutOff = false;

  private constructor(engine: Engine, lastWrite: number, anyReplaced: boolean, removeAfter: number) {
    this.#engine = engine;
    this.#lastWrite = lastWrite;
    this.#anyReplaced = anyReplaced;
    this.#cleanup = new Cleanup(engine, this.#readers, removeAfter);
  }

  /**
   * Opens the store in a directory of its own, making it if there is none, and moves an older one over, which may take
   * minutes: `progress` follows. `removeAfter` replaced versions are kept before they are removed. Throws
   * `store_unreachable`, `store_damaged`, and `cannot_start` for a store of a later version.
   */
  static async open(
    directory: string,
    options: { readonly progress?: OpeningProgress; readonly removeAfter?: number } = {},
  ): Promise<Store> {
    await makePrivateDirectory(directory);
    const engine = new Engine(join(directory, 'engine'));
    try {
      const last = await openTables(engine, join(directory, 'made.json'), options.progress ?? (() => undefined));
      return new Store(engine, last, await hasReplaced(engine), options.removeAfter ?? replacedWorthRemoving);
    } catch (error) {
      engine[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * Keeps activities, each once however often it arrives, and returns when they are on disk. Safe to repeat: an
   * identity that is there is not added again. One write at a time; others wait their turn.
   */
  add(tenant: TenantId, importId: JobId, activities: readonly Activity[]): Promise<void> {
    if (activities.length === 0) return Promise.resolve();
    return this.addEncoded(tenant, importId, encodedActivities(activities));
  }

  /** As `add`, for a block that was made of activities, perhaps in another thread. */
  addEncoded(tenant: TenantId, importId: JobId, block: Uint8Array): Promise<void> {
    return this.#inTurn(() => this.#write(tenant, importId, block));
  }

  /** How many identities an import brought first. */
  countBroughtBy(tenant: TenantId, importId: JobId): Promise<number> {
    return this.#inTurn(async () => {
      const { sql, bindings } = conditionAt(this.#moment());
      const [row] = await this.#engine.rows<[string | number]>(
        `SELECT count() FROM trailport.activity
         WHERE tenant = {tenant:String} AND import_id = {import:UInt64} AND ${sql}`,
        { tenant, import: importId, ...bindings },
      );
      return Number(row?.[0] ?? 0);
    });
  }

  /**
   * How many rows a selection means now. The query blocks no other, and ends in the engine too when the signal aborts
   * or after `mostMs`; then this throws the signal's reason or `count_timeout`.
   */
  count(selection: Selection, mostMs: number, signal: AbortSignal): Promise<number> {
    return this.#lookup(selection, mostMs, signal, async ({ condition: { sql, bindings }, rows }) => {
      const [row] = await rows<[string | number]>(`SELECT count() FROM trailport.activity WHERE ${sql}`, bindings);
      return Number(row?.[0] ?? 0);
    });
  }

  /** A page of the rows that a selection means now. Ends as `count` does. */
  page(selection: Selection, ask: PageAsk, mostMs: number, signal: AbortSignal): Promise<Page> {
    return this.#lookup(selection, mostMs, signal, (lookup) => pageOf(lookup, ask));
  }

  /** How many rows a selection means now, by one key. Ends as `count` does. */
  summary(selection: Selection, ask: SummaryAsk, mostMs: number, signal: AbortSignal): Promise<Summary> {
    return this.#lookup(selection, mostMs, signal, (lookup) => summaryOf(lookup, ask));
  }

  /** What the tenant's store holds now, all sources. Ends as `count` does. */
  async overview(tenant: TenantId, mostMs: number, signal: AbortSignal): Promise<Overview> {
    const moment = this.#moment();
    const close = this.#readers.enter(moment.write);
    try {
      return await overviewOf((sql, bindings) => this.#engine.rowsApart(sql, bindings, mostMs, signal), tenant, moment);
    } finally {
      close();
    }
  }

  /** The rows that a selection means now. */
  async snapshot(selection: Selection): Promise<Snapshot> {
    const moment = this.#moment();
    const close = this.#readers.enter(moment.write);
    try {
      return await openSnapshot(this.#engine, selection, moment, this.#newest, close);
    } catch (error) {
      close();
      throw error;
    }
  }

  async #lookup<T>(
    selection: Selection,
    mostMs: number,
    signal: AbortSignal,
    work: (lookup: Lookup) => Promise<T>,
  ): Promise<T> {
    const moment = this.#moment();
    const close = this.#readers.enter(moment.write);
    try {
      return await work(await lookupFor(this.#engine, selection, moment, mostMs, signal));
    } finally {
      close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing;
    this.#engine[Symbol.dispose]();
  }

  #moment(): Moment {
    return { write: this.#lastWrite, replaced: this.#anyReplaced, exclusions: [] };
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#writing.then(work);
    this.#writing = turn.catch(() => undefined);
    return turn;
  }

  /** Rows, then what they replace, then the commit: one row in one table, and nothing is read before it is there. */
  async #write(tenant: TenantId, importId: JobId, block: Uint8Array): Promise<void> {
    if (this.#cutOff) await removeUncommitted(this.#engine, this.#lastWrite);
    this.#cutOff = true;
    for (const statement of emptyStaging) await this.#engine.run(statement);
    await this.#engine.insert('trailport.intake', { format: blockFormat, columns: blockColumns, bytes: block });
    const standing = conditionAt(this.#moment());
    await this.#engine.run(findKnown(standing.sql), { tenant, ...standing.bindings });
    await this.#engine.run(choose, { import: importId });
    const [chosen] = await this.#engine.rows<[string | number, string | number]>(countChosen);
    const [added, replaced] = (chosen ?? [0, 0]).map(Number) as [number, number];
    if (added > 0) {
      const write = this.#lastWrite + 1;
      await this.#engine.run(addRows, { tenant, firstVersion: firstVersionOf(write) });
      if (replaced > 0) {
        this.#anyReplaced = true;
        await this.#engine.run(addSuperseded, { tenant, write });
      }
      await this.#engine.run(commit, { write, added, replaced });
      this.#lastWrite = write;
    }
    this.#cutOff = false;
    for (const statement of emptyStaging) await this.#engine.run(statement);
    if (await this.#cleanup.run(this.#lastWrite)) this.#anyReplaced = await hasReplaced(this.#engine);
  }
}

async function hasReplaced(engine: Engine): Promise<boolean> {
  return (await engine.rows('SELECT 1 FROM trailport.superseded LIMIT 1')).length > 0;
}
