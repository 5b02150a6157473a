import type { Activity } from '../domain/activity.ts';
import type { Check } from '../domain/check.ts';
import type { JobId, TenantId } from '../domain/ids.ts';
import type { EraseRequest } from '../domain/job.ts';
import type { Overview } from '../domain/overview.ts';
import type { Page, PageAsk } from '../domain/page.ts';
import type { Selection } from '../domain/selection.ts';
import type { Summary, SummaryAsk } from '../domain/summary.ts';
import { makePrivateDirectory } from '../kit/files.ts';
import type { Access } from './access/access.ts';
import { type FrozenStore, freezeStore } from './backup/freeze.ts';
import { encodedActivities } from './block/block.ts';
import { countOf } from './browse/count.ts';
import { lookupFor } from './browse/lookup.ts';
import { overviewOf } from './browse/overview.ts';
import { pageOf } from './browse/page.ts';
import { summaryOf } from './browse/summary.ts';
import type { AskRows, Engine } from './engine/engine.ts';
import { type Erased, Eraser } from './erase/eraser.ts';
import { userKeysOf } from './erase/erasing.ts';
import { Newest } from './facts/newest.ts';
import { SeenKeys } from './facts/seen.ts';
import { type InspectOptions, inspect } from './inspect/inspect.ts';
import type { Erasures, PendingErasure } from './ledger/erasures.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { Moment } from './moment.ts';
import { openParts, type StoreOptions, type StoreParts } from './parts.ts';
import type { Reading } from './readers/readers.ts';
import { Removals } from './removals.ts';
import { proveRows } from './schema/prove.ts';
import { openSnapshot, type Snapshot } from './snapshot/snapshot.ts';
import { Cleanup, replacedWorthRemoving } from './write/cleanup.ts';
import { type Added, type Adding, type AddOptions, Writer } from './write/writer.ts';

export { assembleStore } from './backup/assemble.ts';
export { differencesBetween, type StoreContent } from './backup/contents.ts';
export { ActivityBlock } from './block/block.ts';
export { checkStore } from './check.ts';
export type { Chunk } from './engine/engine.ts';
export type { Erased } from './erase/eraser.ts';
export { mostRetentionDays, openRetention } from './erase/retention.ts';
export type { Counts } from './facts/facts.ts';
export { type InspectOptions, inspectDirectory } from './inspect/inspect.ts';
export type { PendingErasure } from './ledger/erasures.ts';
export { placeFor } from './place.ts';
export type { AskedColumn, FormulaGuard, LongValues, RowsAsk } from './rows/ask.ts';
export { careMaskOf, mayHoldLong } from './rules/care.ts';
export type { OpeningProgress } from './schema/fill.ts';
export type { Snapshot } from './snapshot/snapshot.ts';
export type { Unknown } from './snapshot/unknown.ts';

/** Where activities are kept and asked for. Unless its place is shared, one process at a time has a store open. */
export class Store implements AsyncDisposable {
  readonly #parts: StoreParts & AsyncDisposable;
  readonly #engine: Engine;
  readonly #ledger: Ledger;
  /** What was found out once and holds until a tenant's next write. */
  readonly #known = { newest: new Newest(), seenKeys: new SeenKeys() };
  readonly #removals = new Removals();
  readonly #directory: string;
  readonly #writer: Writer;
  readonly #eraser: Eraser;

  private constructor(directory: string, parts: StoreParts & AsyncDisposable, removeAfter: number) {
    const { engine, ledger, readers, turns } = parts;
    this.#directory = directory;
    this.#parts = parts;
    this.#engine = engine;
    this.#ledger = ledger;
    const cleanup = new Cleanup(engine, ledger, readers, turns, this.#removals, removeAfter);
    this.#writer = new Writer(engine, ledger, turns, cleanup);
    this.#eraser = new Eraser(engine, ledger, readers, turns, cleanup);
  }

  /**
   * Opens the store in a directory of its own, making it if there is none, and moves an older one over, which may take
   * minutes: `progress` follows. `removeAfter` replaced versions are kept before they are removed. Throws
   * `store_unreachable`, `activities_unreachable`, `store_damaged`, and `cannot_start` for a store of a later version or
   * one whose tables are elsewhere.
   */
  static async open(directory: string, options: StoreOptions = {}): Promise<Store> {
    await makePrivateDirectory(directory);
    const { place = { kind: 'embedded' }, progress = () => undefined, removeAfter = replacedWorthRemoving } = options;
    return new Store(directory, await openParts(directory, place, progress), removeAfter);
  }

  /**
   * Keeps activities, each once however often it arrives, and returns when they are on disk. Safe to repeat: an
   * identity that is there is not added again. The writes of a tenant take turns; those of others do not wait for them.
   */
  async add(tenant: TenantId, importId: JobId, activities: readonly Activity[], options?: AddOptions): Promise<Added> {
    if (activities.length === 0) return { forgotten: 0 };
    await using adding = this.beginAdding(tenant, importId, options);
    await adding.add(encodedActivities(activities), activities.length);
    return await adding.end();
  }

  /** As `add`, for blocks that were made of activities, perhaps in another thread; see `Adding`. */
  beginAdding(tenant: TenantId, importId: JobId, options: AddOptions = {}): Adding {
    return this.#writer.begin(tenant, importId, options);
  }

  /** How many identities an import brought first. */
  countBroughtBy(tenant: TenantId, importId: JobId): Promise<number> {
    return this.#ledger.addedBy(tenant, importId);
  }

  /**
   * How many rows a selection means now. The query blocks no other, and ends in the engine too when the signal aborts
   * or after `mostMs`; then this throws the signal's reason or `count_timeout`.
   */
  count(selection: Selection, mostMs: number, signal: AbortSignal): Promise<number> {
    return this.#lookup(selection, mostMs, signal, countOf);
  }

  /** A page of the rows that a selection means now. Ends as `count` does. */
  page(selection: Selection, ask: PageAsk, mostMs: number, signal: AbortSignal): Promise<Page> {
    return this.#lookup(selection, mostMs, signal, (access) => pageOf(access, ask));
  }

  /** How many rows a selection means now, by one key. Ends as `count` does. */
  summary(selection: Selection, ask: SummaryAsk, mostMs: number, signal: AbortSignal): Promise<Summary> {
    return this.#lookup(selection, mostMs, signal, (access) => summaryOf(access, ask));
  }

  /** What the tenant's store holds now, all sources. Ends as `count` does. */
  async overview(tenant: TenantId, mostMs: number, signal: AbortSignal): Promise<Overview> {
    return await this.#reading(tenant, (moment) => overviewOf(this.#asking(mostMs, signal), tenant, moment));
  }

  /** The rows that a selection means now. The signal ends what is asked before this returns. */
  async snapshot(selection: Selection, signal: AbortSignal = new AbortController().signal): Promise<Snapshot> {
    const { moment, reading } = await this.#enter(selection.tenant);
    try {
      return await openSnapshot(selection, { engine: this.#engine, moment, ...this.#known, signal, reading });
    } catch (error) {
      reading.leave();
      throw error;
    }
  }

  /** What is erased and for how long activities are kept. */
  get erasures(): Erasures {
    return this.#ledger.erasures;
  }

  /**
   * Erases activities for everybody who reads from now on, and answers how many. They are on the disk until
   * `removeErased`, also those of earlier erasures of the tenant that are `pending`. Safe to repeat: a job erases once.
   */
  erase(tenant: TenantId, job: JobId, request: EraseRequest, nowMs: number): Promise<Erased> {
    return this.#eraser.erase(tenant, job, request, nowMs);
  }

  /**
   * Removes erased activities from the disk. Waits for what reads a moment from before, and throws `too_busy` when that
   * takes longer than `mostWaitMs` (at least half a minute). Safe to repeat.
   */
  removeErased(...how: Parameters<Eraser['remove']>): Promise<void> {
    return this.#removals.run(() => this.#eraser.remove(...how), how[3]);
  }

  /** Ends erasures that `removeErased` has removed: the names of users are forgotten. */
  concludeErased(pending: readonly PendingErasure[]): Promise<void> {
    return this.#removals.run(() => this.#eraser.conclude(pending));
  }

  /** What users are compared by, for each name. */
  userKeys(names: readonly string[]): Promise<ReadonlyMap<string, string>> {
    return userKeysOf(this.#engine, names);
  }

  /** Whether a tenant has activities before a time, in milliseconds since 1970. */
  holdsBefore(tenant: TenantId, ms: number): Promise<boolean> {
    return this.#eraser.holdsBefore(tenant, ms);
  }

  /**
   * Reads every row of a tenant, but its original record, in every table and compares them; the tenant's writes wait
   * meanwhile. Takes seconds for ten million rows. Throws `store_damaged`.
   */
  prove(tenant: TenantId): Promise<void> {
    return this.#parts.turns.takeAlone(tenant, () => proveRows(this.#engine, this.#ledger, tenant));
  }

  /** The store as it is now, in files that can be copied while imports and reports go on. `into`: see `freezeStore`. */
  freeze(into: string): Promise<FrozenStore> {
    return freezeStore(into, { engine: this.#engine, directory: this.#directory, removals: this.#removals });
  }

  /** What the tables hold, for `trailport doctor`; changes nothing. */
  inspect(options: InspectOptions): Promise<Check[]> {
    return inspect(this.#engine, this.#ledger, true, options);
  }

  /** Waits for the writes that have begun. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer[Symbol.asyncDispose]();
    await this.#parts[Symbol.asyncDispose]();
  }

  #asking(mostMs: number, signal: AbortSignal): AskRows {
    return (sql, bindings) => this.#engine.rowsApart(sql, bindings, mostMs, signal);
  }

  async #lookup<T>(
    selection: Selection,
    mostMs: number,
    signal: AbortSignal,
    work: (access: Access) => Promise<T>,
  ): Promise<T> {
    return await this.#reading(selection.tenant, async (moment) =>
      work(await lookupFor(this.#asking(mostMs, signal), selection, moment)),
    );
  }

  /** Work on the tenant's moment now, whose rows are all there until it ends. */
  async #reading<T>(tenant: TenantId, work: (moment: Moment) => Promise<T>): Promise<T> {
    const { moment, reading } = await this.#enter(tenant);
    try {
      const answer = await work(moment);
      await reading.confirm();
      return answer;
    } finally {
      reading.leave();
    }
  }

  /** The tenant's moment now; what it shows is kept until the reading is left. */
  async #enter(tenant: TenantId): Promise<{ readonly moment: Moment; readonly reading: Reading }> {
    // Entered before the moment is known: nothing may be removed in between.
    const reading = this.#parts.readers.enter(tenant);
    try {
      const moment = await this.#ledger.moment(tenant);
      reading.reads(moment.write);
      return { moment, reading };
    } catch (error) {
      reading.leave();
      throw error;
    }
  }
}
