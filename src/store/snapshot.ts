import type { Selection } from '../domain/selection.ts';
import type { Bindings, Chunk, Engine } from './engine/engine.ts';
import { literal } from './literal.ts';
import type { LongValues, RowsAsk } from './rows/ask.ts';
import { countsOfLong } from './rows/long.ts';
import type { RowsQuery } from './rows/query.ts';
import { queryFor } from './rows/rows.ts';
import { longUnits, mayHoldLong } from './rules/care.ts';
import { askedKeys } from './selection/asked.ts';
import { type Condition, conditionFor, everythingOf, objectTerm, storedType, userTerm } from './selection/condition.ts';
import { inSlice, rowsWorthSlicing, type Slice, slicesFor } from './slices.ts';

/** How many rows there are of each kind. */
export type Counts = {
  readonly rows: readonly { readonly key: string; readonly count: number }[];
  /** Rows of the kinds that are not listed. */
  readonly others: number;
};

/** What was asked for and what the store never had of this tenant and source, so that a misspelt name is noticed. */
export type Unknown = { readonly eventTypes: readonly string[]; readonly user: boolean; readonly object: boolean };

/**
 * The rows of a selection as they stood at one moment, however often they are read and whatever is written meanwhile.
 * Times in ms since 1970. Dispose of it when it is no longer read: until then the store keeps what it shows.
 */
export type Snapshot = Disposable & {
  /** Counted, not streamed: what a stream must come to. */
  readonly rows: number;
  readonly firstMs: number | null;
  readonly lastMs: number | null;
  /** The newest activity of the tenant and source that the store knows. */
  readonly newestMs: number | null;
  /** Whether any time has milliseconds. */
  readonly milliseconds: boolean;
  /** Every bit of `careMaskOf` that any row has. */
  readonly care: number;
  readonly unknown: Unknown;
  /**
   * Rows by activity (most first) or by day (UTC, `2026-11-23`, oldest first), `most` of them: the most frequent
   * activities, or the latest days.
   */
  countsBy(by: 'activity' | 'day', most: number): Promise<Counts>;
  /** The rows, oldest first, equal times by activity id; memory stays flat. Leaving the loop ends the query. */
  stream(ask: RowsAsk, signal: AbortSignal): AsyncIterable<Chunk>;
  /** How many values are longer, and how many rows have one. */
  countLong(long: LongValues): Promise<{ readonly values: number; readonly rows: number }>;
};

type Facts = Pick<Snapshot, 'rows' | 'firstMs' | 'lastMs' | 'newestMs' | 'milliseconds' | 'care' | 'unknown'>;

/** Opens a snapshot of what stood after a write; `close` is called once, when it is disposed of. */
export async function openSnapshot(
  engine: Engine,
  selection: Selection,
  write: number,
  close: () => void,
): Promise<Snapshot> {
  const condition = conditionFor(selection, await askedKeys(engine, selection), write);
  const facts = await factsOf(engine, selection, condition);
  const from = `trailport.activity WHERE ${condition.sql}`;
  const { bindings } = condition;
  let isOpen = true;
  return {
    ...facts,
    countsBy: (by, most) => countsOf(engine, from, bindings, by, most),
    stream: (ask, signal) => streamOf(engine, queryFor(ask, facts.care), facts.rows, { sql: from, bindings }, signal),
    countLong: async (long) => {
      if (long.units >= longUnits && !mayHoldLong(facts.care)) return { values: 0, rows: 0 };
      const [row] = await engine.rows<[string | number, string | number]>(
        `SELECT ${countsOfLong(long)} FROM ${from}`,
        bindings,
      );
      return { values: Number(row?.[0] ?? 0), rows: Number(row?.[1] ?? 0) };
    },
    [Symbol.dispose]: () => {
      if (isOpen) close();
      isOpen = false;
    },
  };
}

async function factsOf(engine: Engine, selection: Selection, condition: Condition): Promise<Facts> {
  const [row] = await engine.rows<[string | number, number, number, number, number]>(
    `SELECT count(), toFloat64(toUnixTimestamp64Milli(min(time))), toFloat64(toUnixTimestamp64Milli(max(time))),
       groupBitOr(care), max(toUnixTimestamp64Milli(time) % 1000 != 0) FROM trailport.activity WHERE ${condition.sql}`,
    condition.bindings,
  );
  const rows = Number(row?.[0] ?? 0);
  return {
    rows,
    firstMs: rows === 0 ? null : row![1],
    lastMs: rows === 0 ? null : row![2],
    newestMs: await newestOf(engine, condition),
    milliseconds: row?.[4] === 1,
    care: row?.[3] ?? 0,
    unknown: await unknownOf(engine, selection, condition, rows),
  };
}

async function newestOf(engine: Engine, condition: Condition): Promise<number | null> {
  const all = everythingOf(condition);
  const [row] = await engine.rows<[string | number, number]>(
    `SELECT count(), toFloat64(toUnixTimestamp64Milli(max(time))) FROM trailport.activity WHERE ${all.sql}`,
    all.bindings,
  );
  return row === undefined || Number(row[0]) === 0 ? null : row[1];
}

/** A user or an object that some row matches needs no search; event types are searched in the whole tenant and source. */
async function unknownOf(
  engine: Engine,
  { user, object, eventTypes }: Selection,
  condition: Condition,
  rows: number,
): Promise<Unknown> {
  const all = everythingOf(condition);
  const { bindings } = condition;
  const isMissing = async (term: string) => {
    const sql = `SELECT 1 FROM trailport.activity WHERE ${all.sql} AND ${term} LIMIT 1`;
    return (await engine.rows(sql, bindings)).length === 0;
  };
  let unseen: readonly string[] = [];
  if (eventTypes.length > 0) {
    const [row] = await engine.rows<[number[]]>(
      `WITH (SELECT groupUniqArray(${storedType}) FROM trailport.activity WHERE ${all.sql}) AS seen
       SELECT arrayMap(name -> has(seen, name), {eventTypes:Array(String)})`,
      bindings,
    );
    unseen = eventTypes.filter((_, i) => row?.[0][i] !== 1);
  }
  return {
    eventTypes: unseen,
    user: rows === 0 && user !== null && (await isMissing(userTerm)),
    object: rows === 0 && object !== null && (await isMissing(objectTerm)),
  };
}

async function countsOf(
  engine: Engine,
  from: string,
  bindings: Bindings,
  by: 'activity' | 'day',
  most: number,
): Promise<Counts> {
  const [key, order] = by === 'day' ? ['toString(toDate(time))', 'key DESC'] : ['toString(activity)', 'rows DESC, key'];
  const found = await engine.rows<[string, string | number, string | number]>(
    `SELECT ${key} AS key, count() AS rows, sum(rows) OVER () FROM ${from} GROUP BY key ORDER BY ${order}
     LIMIT {most:UInt32}`,
    { ...bindings, most },
  );
  const rows = found.map(([name, count]) => ({ key: name, count: Number(count) }));
  const listed = rows.reduce((sum, { count }) => sum + count, 0);
  return { rows: by === 'day' ? rows.reverse() : rows, others: Number(found[0]?.[2] ?? 0) - listed };
}

async function* streamOf(
  engine: Engine,
  query: RowsQuery,
  rows: number,
  { sql: all, bindings }: Condition,
  signal: AbortSignal,
): AsyncGenerator<Chunk> {
  const settings = Object.entries(query.settings).map(([name, value]) => `${name} = ${literal(value)}`);
  const from = query.where === null ? all : `${all} AND (${query.where})`;
  const parameters = { ...bindings, ...query.parameters };
  for (const slice of await slicesOf(engine, rows, from, parameters)) {
    const sql = `SELECT ${query.select} FROM (
        SELECT * FROM ${from}${slice === null ? '' : ` AND ${inSlice}`}
        ORDER BY tenant, source, time, activity_id
      ) ${settings.length === 0 ? '' : `SETTINGS ${settings.join(', ')}`}`;
    yield* engine.stream(sql, { ...parameters, ...slice }, query.format, signal);
  }
}

async function slicesOf(
  engine: Engine,
  rows: number,
  from: string,
  bindings: Bindings,
): Promise<readonly (Slice | null)[]> {
  if (rows < rowsWorthSlicing) return [null];
  const months = await engine.rows<[number, string | number]>(
    `SELECT toYYYYMM(time) AS month, count() FROM ${from} GROUP BY month ORDER BY month`,
    bindings,
  );
  return slicesFor(months.map(([month, count]) => [month, Number(count)]));
}
