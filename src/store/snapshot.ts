import type { ListFilter } from '../domain/filters.ts';
import type { Selection } from '../domain/selection.ts';
import type { Bindings, Chunk, Engine } from './engine/engine.ts';
import { type Counts, countsFrom, countsOf, factsFrom, factsOf, groupsOf } from './facts/facts.ts';
import type { Newest } from './facts/newest.ts';
import { literal } from './literal.ts';
import type { Moment } from './moment.ts';
import type { LongValues, RowsAsk } from './rows/ask.ts';
import { countsOfLong } from './rows/long.ts';
import type { RowsQuery } from './rows/query.ts';
import { queryFor } from './rows/rows.ts';
import { longUnits, mayHoldLong } from './rules/care.ts';
import { askedKeys } from './selection/asked.ts';
import { type Condition, conditionFor, everythingOf, objectTerm, userTerm } from './selection/condition.ts';
import { listsOf, listTerm, storedKey } from './selection/filters.ts';
import { inSlice, rowsWorthSlicing, type Slice, slicesFor } from './slices.ts';

/** What was asked for and the store never had of this tenant and source, so that a misspelt name is noticed. */
export type Unknown = { readonly user: boolean; readonly object: boolean } & {
  readonly [list in ListFilter]: readonly string[];
};

/**
 * The rows of a selection as they stood at one moment, however often they are read and whatever is written meanwhile.
 * Times in ms since 1970. Dispose of it when it is no longer read: until then the store keeps what it shows.
 */
export type Snapshot = Disposable & {
  /** By a count query; a stream must have as many. */
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

/** Opens a snapshot of what stood after a write; `close` is called once, when it is disposed of. */
export async function openSnapshot(
  engine: Engine,
  selection: Selection,
  moment: Moment,
  newest: Newest,
  close: () => void,
): Promise<Snapshot> {
  const condition = conditionFor(selection, await askedKeys(engine, selection), moment);
  const groups = await groupsOf(engine, condition);
  const facts = {
    ...(groups === null ? await factsOf(engine, condition) : factsFrom(groups)),
    newestMs: await newest.at(engine, condition),
  };
  const unknown = await unknownOf(engine, selection, condition, facts.rows);
  const from = `trailport.activity WHERE ${condition.sql}`;
  const { bindings } = condition;
  let isOpen = true;
  return {
    ...facts,
    unknown,
    countsBy: async (by, most) =>
      groups === null ? countsOf(engine, from, bindings, by, most) : countsFrom(groups, by, most),
    stream: (ask, signal) =>
      streamOf(engine, queryFor(ask, facts.care), facts.rows, { ...condition, sql: from }, signal),
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

/**
 * A user or an object that some row matches needs no search; the entries of lists are searched in the whole tenant and
 * source.
 */
async function unknownOf(engine: Engine, selection: Selection, condition: Condition, rows: number): Promise<Unknown> {
  const { user, object } = selection;
  const all = everythingOf(condition);
  const { bindings } = condition;
  const isMissing = async (term: string) => {
    const sql = `SELECT 1 FROM trailport.activity WHERE ${all.sql} AND ${term} LIMIT 1`;
    return (await engine.rows(sql, bindings)).length === 0;
  };
  const unseen: Record<ListFilter, readonly string[]> = {
    users: [],
    eventTypes: [],
    services: [],
    recordTypes: [],
    results: [],
    clientIps: [],
  };
  const lists = listsOf(selection);
  if (lists.length > 0) {
    const seen = lists.map((name) => `groupUniqArrayIf(${storedKey(name)}, ${listTerm(name)})`);
    const [row] = await engine.rows<number[][]>(
      `SELECT ${lists.map((name, i) => `arrayMap(key -> has(seen.${i + 1}, key), {${name}:Array(String)})`).join(', ')}
       FROM (SELECT tuple(${seen.join(', ')}) AS seen FROM trailport.activity WHERE ${all.sql})`,
      bindings,
    );
    for (const [i, name] of lists.entries()) unseen[name] = selection[name].filter((_, at) => row?.[i]?.[at] !== 1);
  }
  return {
    ...unseen,
    user: rows === 0 && user !== null && (await isMissing(userTerm)),
    object: rows === 0 && object !== null && (await isMissing(objectTerm)),
  };
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
