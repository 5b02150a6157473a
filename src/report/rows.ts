import { Failure } from '../domain/failure.ts';
import type { RowsAsk, Snapshot } from '../store/store.ts';

/** What is known of all rows of a report before the first is written. Times in ms since 1970. */
export type RowsFacts = {
  readonly rows: number;
  readonly firstMs: number | null;
  readonly lastMs: number | null;
  readonly newestMs: number | null;
  /** Every `care` bit that any row has. */
  readonly care: number;
};

export type SummaryFacts = RowsFacts & {
  /** Values that are longer than a cell and were cut there. */
  readonly cutValues: number;
  /** The rows that have such a value. */
  readonly cutRows: number;
};

export type Follow = { readonly onRows: (rows: number) => void; readonly signal: AbortSignal };

/** What the snapshot knows of all its rows. */
export function rowsFacts({ rows, firstMs, lastMs, newestMs, care }: Snapshot): RowsFacts {
  return { rows, firstMs, lastMs, newestMs, care };
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
  for await (const chunk of ahead(snapshot.stream(ask, follow.signal))) {
    if (chunk.bytes.length === 0) continue;
    yield chunk;
    written += chunk.rows;
    follow.onRows(written);
  }
  if (written !== expected) {
    throw new Failure('report_incomplete', `${written} of ${expected} rows were written; the report is made again.`);
  }
}

/** The engine works while its last answer is deflated. */
async function* ahead<T>(source: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]();
  let next = fetched(iterator);
  try {
    for (let result = await next; !result.done; result = await next) {
      next = fetched(iterator);
      yield result.value;
    }
  } finally {
    await iterator.return?.();
  }
}

function fetched<T>(iterator: AsyncIterator<T>): Promise<IteratorResult<T>> {
  const next = iterator.next();
  // Its error is met when it is awaited; until then it is not unhandled.
  next.catch(() => undefined);
  return next;
}
