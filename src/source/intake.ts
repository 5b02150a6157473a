import type { Activity, Source } from '../domain/activity.ts';
import { Failure } from '../domain/failure.ts';
import type { ImportResult } from '../domain/job.ts';
import type { SourceItem } from './item.ts';

/** A block that is handed to the store: large enough to be cheap, small enough to be in memory several times. */
const batchRows = 100_000;
/** Of original records, and of rejects. */
const batchBytes = 16 << 20;

/** Gathers the activities of one block. `bytes` is about how much they take, at least their originals. */
export type Gathering<B> = {
  readonly rows: number;
  readonly bytes: number;
  readonly add: (activity: Activity) => void;
  /** What is gathered so far; another gathering begins. */
  readonly take: () => B;
};

/** A block of activities for the store, and the rejects found among them, as NDJSON `{"line","reason","record"}`. */
export type IntakeBatch<B> = { readonly rows: number; readonly block: B; readonly rejects: string };

/** The counts of what was read. `firstMs` and `lastMs` are null while nothing was understood. */
export type Tallied = {
  readonly read: number;
  readonly rejected: number;
  readonly firstMs: number | null;
  readonly lastMs: number | null;
  readonly bySource: ImportResult['bySource'];
  /** One sentence for each thing that was assumed, such as an encoding. */
  readonly assumed: readonly string[];
};

/**
 * Puts activities into `gathering` and takes them out in batches, and counts all items in `tally`. Files and live
 * collection both come in this way. The last batch may be empty of activities.
 */
export async function* inBatches<B>(
  items: AsyncIterable<readonly SourceItem[]>,
  tally: Tally,
  gathering: Gathering<B>,
): AsyncGenerator<IntakeBatch<B>> {
  let rejects: string[] = [];
  let rejectBytes = 0;
  const batch = (): IntakeBatch<B> => {
    const full = { rows: gathering.rows, block: gathering.take(), rejects: rejects.join('') };
    rejects = [];
    rejectBytes = 0;
    return full;
  };
  for await (const some of items) {
    for (const item of some) {
      tally.take(item);
      if (item.kind === 'activity') gathering.add(item.activity);
      else {
        const { line, reason, record } = item;
        rejects.push(`${JSON.stringify({ line, reason, record })}\n`);
        rejectBytes += record.length;
      }
      if (gathering.rows >= batchRows || gathering.bytes + rejectBytes >= batchBytes) yield batch();
    }
  }
  if (gathering.rows + rejects.length > 0) yield batch();
}

/** Further assumptions are left out. */
const mostAssumed = 20;

/** Counts what an import or a collection reads. */
export class Tally {
  #read = 0;
  #rejected = 0;
  #firstMs = Number.POSITIVE_INFINITY;
  #lastMs = Number.NEGATIVE_INFINITY;
  #firstReject: { readonly line: number; readonly reason: string } | null = null;
  readonly #bySource: Partial<Record<Source, number>> = {};
  readonly #assumed = new Set<string>();

  take(item: SourceItem): void {
    this.#read++;
    if (item.kind === 'reject') {
      this.#rejected++;
      this.#firstReject ??= { line: item.line, reason: item.reason };
      return;
    }
    const { timeMs, source } = item.activity;
    this.#firstMs = Math.min(this.#firstMs, timeMs);
    this.#lastMs = Math.max(this.#lastMs, timeMs);
    this.#bySource[source] = (this.#bySource[source] ?? 0) + 1;
  }

  /** Notes what was assumed about the input; the same sentence counts once. */
  assume(sentence: string): void {
    if (this.#assumed.size < mostAssumed) this.#assumed.add(sentence);
  }

  get read(): number {
    return this.#read;
  }

  /** The counts so far. Throws `import_not_understood` when there were records and every one was set aside. */
  tallied(): Tallied {
    const understood = this.#read > this.#rejected;
    if (this.#firstReject !== null && !understood) {
      const { line, reason } = this.#firstReject;
      const message = `None of the file's ${this.#read} records could be understood; the first, on line ${line}: ${reason}`;
      throw new Failure('import_not_understood', message);
    }
    return {
      read: this.#read,
      rejected: this.#rejected,
      firstMs: understood ? this.#firstMs : null,
      lastMs: understood ? this.#lastMs : null,
      bySource: this.#bySource,
      assumed: [...this.#assumed],
    };
  }
}

/** The result of an import that brought `added` activities which the store did not have. */
export function importResultFor(tallied: Tallied, added: number, notStored: number): ImportResult {
  const { read, rejected, firstMs, lastMs, bySource, assumed } = tallied;
  const time = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
  // What an earlier attempt added and an erasure removed since counts as added.
  const forgotten = Math.min(notStored, read - rejected - added);
  const duplicates = read - rejected - added - forgotten;
  return { read, added, duplicates, rejected, forgotten, from: time(firstMs), until: time(lastMs), bySource, assumed };
}
