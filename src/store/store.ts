import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Activity } from '../domain/activity.ts';
import { Failure } from '../domain/failure.ts';
import type { JobId, TenantId } from '../domain/ids.ts';
import type { Selection } from '../domain/selection.ts';
import { makePrivateDirectory, writePrivateFile } from '../kit/files.ts';
import { encodedActivities } from './encode.ts';
import { Engine } from './engine/engine.ts';
import { addNew, countOutranked, emptyStaging, findKnown, removeOutranked, stagingTables } from './intake-sql.ts';
import { conditionFor } from './selection/condition.ts';
import { openSnapshot, type Snapshot } from './snapshot.ts';

export { checkStore } from './check.ts';
export { encodedActivities } from './encode.ts';
export type { Chunk } from './engine/engine.ts';
export type { AskedColumn, FormulaGuard, LongValues, RowsAsk } from './rows/ask.ts';
export { careMaskOf, mayHoldLong } from './rows/care.ts';
export type { Counts, Snapshot, Unknown } from './snapshot.ts';

const schema = ['0001-activity.sql'];

/** Where activities are kept and asked for. One process at a time has a store open. */
export class Store implements AsyncDisposable {
  readonly #engine: Engine;
  /** The number of the last whole write; a snapshot holds what was written up to it. */
  #batch: number;
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(engine: Engine, batch: number) {
    this.#engine = engine;
    this.#batch = batch;
  }

  /** Opens the store in a directory of its own, making it if there is none; throws `store_unreachable`, `store_damaged`. */
  static async open(directory: string): Promise<Store> {
    await makePrivateDirectory(directory);
    const engine = new Engine(join(directory, 'engine'));
    try {
      await makeTables(engine, join(directory, 'made.json'));
      const [last] = await engine.rows<[string | number]>('SELECT max(batch) FROM trailport.activity');
      return new Store(engine, Number(last?.[0] ?? 0));
    } catch (error) {
      engine[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * Keeps activities, each once whatever arrives how often, and returns when they are on disk. Safe to repeat: an
   * identity that is there is not added again. One write at a time; others wait their turn.
   */
  add(tenant: TenantId, importId: JobId, activities: readonly Activity[]): Promise<void> {
    if (activities.length === 0) return Promise.resolve();
    return this.addEncoded(tenant, importId, encodedActivities(activities));
  }

  /** As `add`, for activities that `encodedActivities` has encoded, perhaps in another thread. */
  addEncoded(tenant: TenantId, importId: JobId, lines: Uint8Array): Promise<void> {
    const write = this.#writing.then(() => this.#write(tenant, importId, lines));
    this.#writing = write.catch(() => undefined);
    return write;
  }

  /** How many identities an import brought first. */
  async countBroughtBy(tenant: TenantId, importId: JobId): Promise<number> {
    const [row] = await this.#engine.rows<[string | number]>(
      'SELECT count() FROM trailport.activity FINAL WHERE tenant = {tenant:String} AND import_id = {import:UInt64}',
      { tenant, import: importId },
    );
    return Number(row?.[0] ?? 0);
  }

  /**
   * How many rows a selection means now. The query blocks no other, and ends in the engine too when the signal aborts or
   * after `mostMs`; then this throws the signal's reason or `count_timeout`.
   */
  async count(selection: Selection, mostMs: number, signal: AbortSignal): Promise<number> {
    const { sql, bindings } = conditionFor(selection, this.#batch);
    const count = `SELECT count() FROM trailport.activity FINAL WHERE ${sql}`;
    const [row] = await this.#engine.rowsApart<[string | number]>(count, bindings, mostMs, signal);
    return Number(row?.[0] ?? 0);
  }

  /** The rows that a selection means now. */
  snapshot(selection: Selection): Promise<Snapshot> {
    return openSnapshot(this.#engine, selection, conditionFor(selection, this.#batch), () => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing;
    this.#engine[Symbol.dispose]();
  }

  async #write(tenant: TenantId, importId: JobId, lines: Uint8Array): Promise<void> {
    for (const statement of emptyStaging) await this.#engine.run(statement);
    await this.#engine.insert('trailport.intake', lines);
    await this.#engine.run(findKnown, { tenant });
    const batch = this.#batch + 1;
    await this.#engine.run(addNew, { tenant, import: importId, batch });
    const [outranked] = await this.#engine.rows<[string | number]>(countOutranked);
    if (Number(outranked?.[0] ?? 0) > 0) await this.#engine.run(removeOutranked, { tenant });
    for (const statement of emptyStaging) await this.#engine.run(statement);
    this.#batch = batch;
  }
}

/** Makes what is missing; a store that was made once and has lost its table is damaged, never silently empty. */
async function makeTables(engine: Engine, marker: string): Promise<void> {
  const [found] = await engine.rows<[string | number]>(
    "SELECT count() FROM system.tables WHERE database = 'trailport' AND name = 'activity'",
  );
  if (existsSync(marker) && Number(found?.[0] ?? 0) === 0) {
    throw new Failure(
      'store_damaged',
      'The store was made before and its table of activities is gone; restore the data directory from a backup.',
    );
  }
  await engine.run('CREATE DATABASE IF NOT EXISTS trailport');
  for (const file of schema) await engine.run(readFileSync(new URL(`./schema/${file}`, import.meta.url), 'utf8'));
  for (const statement of stagingTables) await engine.run(statement);
  if (!existsSync(marker)) await writePrivateFile(marker, `${JSON.stringify({ schema: schema.length })}\n`);
}
