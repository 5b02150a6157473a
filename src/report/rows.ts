import { Failure } from '../domain/failure.ts';
import type { Counts, RowsAsk, Snapshot, Unknown } from '../store/store.ts';

/** What is known of all rows of a report before the first is written. Times in ms since 1970. */
export type RowsFacts = {
  readonly rows: number;
  readonly firstMs: number | null;
  readonly lastMs: number | null;
  readonly newestMs: number | null;
  /** Whether any time has milliseconds. */
  readonly milliseconds: boolean;
  /** Every `care` bit that any row has. */
  readonly care: number;
  readonly unknown: Unknown;
};

export type SummaryFacts = RowsFacts & {
  /** Values that are longer than a cell and are cut. */
  readonly cutValues: number;
  /** The rows that have such a value. */
  readonly cutRows: number;
  readonly byActivity: Counts;
  /** By day (UTC), `2026-11-23`. */
  readonly byDay: Counts;
};

export type Follow = { readonly onRows: (rows: number) => void; readonly signal: AbortSignal };

/** What the snapshot knows of all its rows. */
export function rowsFacts(snapshot: Snapshot): RowsFacts {
  const { rows, firstMs, lastMs, newestMs, milliseconds, care, unknown } = snapshot;
  return { rows, firstMs, lastMs, newestMs, milliseconds, care, unknown };
}

/**
 * The rows in the form asked for, one piece fetched while the last is worked on. Throws `report_incomplete` at the end
 * when they are not as many as the snapshot counted.
 */
export async function* rowsOf(
  snapshot: Snapshot,
  ask: RowsAsk,
  expected: number,
  follow: Follow,
): AsyncGenerator<{ readonly rows: number; readonly bytes: Uint8Array }> {
  let written = 0;
  // The query ends with this loop, also when the next piece is still being made and is not needed any more.
  const left = new AbortController();
  const signal = AbortSignal.any([follow.signal, left.signal]);
  for await (const chunk of ahead(snapshot.stream(ask, signal), () => left.abort())) {
    if (chunk.bytes.length === 0) continue;
    yield chunk;
    written += chunk.rows;
    follow.onRows(written);
  }
  if (written !== expected) {
    throw new Failure('report_incomplete', `${written} of ${expected} rows were written; the report is made again.`);
  }
}

/** Fetches the next piece while the last one is used. `stop` is called when the consumer leaves before the end. */
async function* ahead<T>(source: AsyncIterable<T>, stop: () => void): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]();
  let ended = false;
  try {
    let next = fetched(iterator);
    for (let result = await next; !result.done; result = await next) {
      next = fetched(iterator);
      yield result.value;
    }
    ended = true;
  } finally {
    if (!ended) stop();
    await iterator.return?.();
  }
}

function fetched<T>(iterator: AsyncIterator<T>): Promise<IteratorResult<T>> {
  const next = iterator.next();
  // The error is thrown when the piece is awaited; until then it counts as handled.
  next.catch(() => undefined);
  return next;
}
