import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Activity } from '../domain/activity.ts';
import { careFor } from '../domain/care.ts';
import { Failure } from '../domain/failure.ts';
import type { JobId, TenantId } from '../domain/ids.ts';
import { objectKeyFor, type Selection, userKeyFor } from '../domain/selection.ts';
import { makePrivateDirectory, writePrivateFile } from '../kit/files.ts';
import { type Bindings, type Chunk, Engine } from './engine/engine.ts';
import { addNew, countOutranked, emptyStaging, findKnown, removeOutranked, stagingTables } from './intake-sql.ts';
import { conditionFor } from './selection-sql.ts';
import { inSlice, rowsWorthSlicing, type Slice, slicesFor } from './slices.ts';

export { checkStore } from './check.ts';

/** What a report's writer asks of the engine: our own SQL only, never text from outside. */
export type EngineQuery = {
  /** A SELECT list over the columns of `trailport.activity`. */
  readonly select: string;
  readonly format: string;
  readonly settings: Readonly<Record<string, string | number>>;
  /** One more condition over the same columns. */
  readonly where?: string;
  /** Values for `{name:Type}` placeholders in `select` and `where`. */
  readonly parameters?: Readonly<Record<string, unknown>>;
};

/** The rows of a selection as they stood at one moment, however often they are read. Times in ms since 1970. */
export type Snapshot = {
  /** Counted, not streamed: what a stream must come to. */
  readonly rows: number;
  readonly firstMs: number | null;
  readonly lastMs: number | null;
  /** The newest activity of the tenant and source that the store knows. */
  readonly newestMs: number | null;
  /** The rows, oldest first, equal times by activity id, in the engine's format; memory stays flat. */
  stream(query: EngineQuery, signal: AbortSignal): AsyncIterable<Chunk>;
  /** Aggregates over the rows, by name. */
  aggregate(select: Readonly<Record<string, string>>): Promise<Readonly<Record<string, number>>>;
};

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
    const write = this.#writing.then(() => this.#write(tenant, importId, activities));
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

  /** The rows that a selection means now. */
  async snapshot(selection: Selection): Promise<Snapshot> {
    const condition = conditionFor(selection, this.#batch);
    const from = `trailport.activity FINAL WHERE ${condition.sql}`;
    const aggregate: Snapshot['aggregate'] = async (select) => {
      const list = Object.values(select).map((sql) => `toFloat64(${sql})`);
      const [row] = await this.#engine.rows<number[]>(`SELECT ${list.join(', ')} FROM ${from}`, condition.bindings);
      return Object.fromEntries(Object.keys(select).map((name, i) => [name, row?.[i] ?? 0]));
    };
    const {
      rows = 0,
      firstMs = 0,
      lastMs = 0,
    } = await aggregate({
      rows: 'count()',
      firstMs: 'toUnixTimestamp64Milli(min(time))',
      lastMs: 'toUnixTimestamp64Milli(max(time))',
    });
    return {
      rows,
      firstMs: rows === 0 ? null : firstMs,
      lastMs: rows === 0 ? null : lastMs,
      newestMs: await this.#newest(selection),
      aggregate,
      stream: (query, signal) => this.#stream(query, rows, from, condition.bindings, signal),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing;
    this.#engine[Symbol.dispose]();
  }

  async *#stream(
    query: EngineQuery,
    rows: number,
    from: string,
    bindings: Bindings,
    signal: AbortSignal,
  ): AsyncGenerator<Chunk> {
    const settings = Object.entries(query.settings).map(([name, value]) => `${name} = ${literal(value)}`);
    const where = query.where === undefined ? '' : ` AND (${query.where})`;
    for (const slice of await this.#slices(rows, `${from}${where}`, { ...bindings, ...query.parameters })) {
      const sql = `SELECT ${query.select} FROM (
          SELECT * FROM ${from}${where}${slice === null ? '' : ` AND ${inSlice}`}
          ORDER BY tenant, source, time, activity_id
        ) ${settings.length === 0 ? '' : `SETTINGS ${settings.join(', ')}`}`;
      const parameters = { ...bindings, ...query.parameters, ...slice };
      yield* this.#engine.stream(sql, parameters, query.format, signal);
    }
  }

  async #slices(rows: number, from: string, bindings: Bindings): Promise<readonly (Slice | null)[]> {
    if (rows < rowsWorthSlicing) return [null];
    const months = await this.#engine.rows<[number, string | number]>(
      `SELECT toYYYYMM(time) AS month, count() FROM ${from} GROUP BY month ORDER BY month`,
      bindings,
    );
    return slicesFor(months.map(([month, count]) => [month, Number(count)]));
  }

  async #write(tenant: TenantId, importId: JobId, activities: readonly Activity[]): Promise<void> {
    if (activities.length === 0) return;
    for (const statement of emptyStaging) await this.#engine.run(statement);
    await this.#engine.insert('trailport.intake', linesFor(activities));
    await this.#engine.run(findKnown, { tenant });
    const batch = this.#batch + 1;
    await this.#engine.run(addNew, { tenant, import: importId, batch });
    const [outranked] = await this.#engine.rows<[string | number]>(countOutranked);
    if (Number(outranked?.[0] ?? 0) > 0) await this.#engine.run(removeOutranked, { tenant });
    for (const statement of emptyStaging) await this.#engine.run(statement);
    this.#batch = batch;
  }

  async #newest(selection: Selection): Promise<number | null> {
    const [row] = await this.#engine.rows<[string | number, number]>(
      `SELECT count(), toFloat64(toUnixTimestamp64Milli(max(time))) FROM trailport.activity
       WHERE tenant = {tenant:String} AND source = {source:String}`,
      { tenant: selection.tenant, source: selection.source },
    );
    return row === undefined || Number(row[0]) === 0 ? null : row[1];
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

function linesFor(activities: readonly Activity[]): Buffer {
  const lines = activities.map((activity) =>
    JSON.stringify({
      ...activity,
      userKey: userKeyFor(activity.user),
      objectKey: objectKeyFor(activity.object),
      care: careFor(activity),
    }),
  );
  return Buffer.from(lines.join('\n'));
}

function literal(value: string | number): string {
  return typeof value === 'number' ? String(value) : `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
