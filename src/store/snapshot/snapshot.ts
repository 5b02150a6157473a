import type { Selection } from '../../domain/selection.ts';
import { accessFor, forCounting, fromActivity } from '../access/access.ts';
import { type RowTable, rowsSortedAtOnce } from '../access/choice.ts';
import type { Chunk, Engine } from '../engine/engine.ts';
import { type Counts, countsFrom, countsOf, factsFrom, factsOf, groupsOf } from '../facts/facts.ts';
import type { Newest } from '../facts/newest.ts';
import type { SeenKeys } from '../facts/seen.ts';
import type { Moment } from '../moment.ts';
import type { Reading } from '../readers/readers.ts';
import type { LongValues, RowsAsk } from '../rows/ask.ts';
import { countsOfLong, mayBeLong } from '../rows/long.ts';
import { queryFor } from '../rows/rows.ts';
import { longUnits, mayHoldLong } from '../rules/care.ts';
import { askedKeys } from '../selection/asked.ts';
import { conditionFor } from '../selection/condition.ts';
import type { DayRows } from './pieces.ts';
import { streamOf } from './stream.ts';
import { type Unknown, unknownOf } from './unknown.ts';

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

/** A report may count for as long as it takes; its job can be cancelled. */
const mostCountMs = 3_600_000;
/** All the days from 1900 to 2299. */
const everyDay = 150_000;

export type SnapshotParts = {
  readonly engine: Engine;
  readonly moment: Moment;
  readonly newest: Newest;
  readonly seenKeys: SeenKeys;
  /** Ends the questions that are asked before rows are streamed. */
  readonly signal: AbortSignal;
  /** Left once, when the snapshot is disposed of. */
  readonly reading: Reading;
  /** Chooses for the tests: the rows are the same whichever way they are read. */
  readonly forced?: { readonly table: RowTable; readonly atOnce: number };
};

/** Opens a snapshot of what stood at a moment. */
export async function openSnapshot(selection: Selection, parts: SnapshotParts): Promise<Snapshot> {
  const { engine, moment, newest, seenKeys, signal, reading, forced } = parts;
  const rows = <T>(sql: string, bindings: object) => engine.rowsApart<T>(sql, { ...bindings }, mostCountMs, signal);
  const condition = conditionFor(selection, await askedKeys(rows, selection), moment);
  const access = await accessFor(rows, condition, forced?.table);
  const counting = forCounting(access);
  const groups = await groupsOf(counting);
  const facts = {
    ...(groups === null ? await factsOf(counting) : factsFrom(groups)),
    newestMs: await newest.at(rows, condition),
  };
  const unknown = await unknownOf(access, selection, facts.rows, seenKeys);
  const countsBy = async (by: 'activity' | 'day', most: number) =>
    groups === null ? await countsOf(counting, by, most) : countsFrom(groups, by, most);
  await reading.confirm();
  const days = async () => (await countsBy('day', everyDay)).rows.map(({ key, count }): DayRows => [key, count]);
  const streamed = { access, rows: facts.rows, days, atOnce: forced?.atOnce ?? rowsSortedAtOnce };
  let isOpen = true;
  return {
    ...facts,
    unknown,
    countsBy: async (by, most) => {
      const counts = await countsBy(by, most);
      await reading.confirm();
      return counts;
    },
    stream: async function* (ask, signal) {
      yield* streamOf(engine, streamed, queryFor(ask, facts.care), signal);
      await reading.confirm();
    },
    countLong: async (long) => {
      if (long.units >= longUnits && !mayHoldLong(facts.care)) return { values: 0, rows: 0 };
      const from = long.columns.includes('raw') ? fromActivity(access, mayBeLong(long)) : access.from;
      const counts = `SELECT ${countsOfLong(long)} FROM ${from}`;
      const [row] = await rows<[string | number, string | number]>(counts, condition.bindings);
      await reading.confirm();
      return { values: Number(row?.[0] ?? 0), rows: Number(row?.[1] ?? 0) };
    },
    [Symbol.dispose]: () => {
      if (isOpen) reading.leave();
      isOpen = false;
    },
  };
}
