import type { Activity, Source } from '../../domain/activity.ts';
import { Failure } from '../../domain/failure.ts';
import type { Job, Outcome } from '../../domain/job.ts';
import type { Spool } from '../../files/files.ts';
import { fileAt, readRecords, type SourceItem } from '../../source/source.ts';
import type { Store } from '../../store/store.ts';
import type { Follow } from './export.ts';

export type ImportJob = Extract<Job, { readonly type: 'import' }> & { readonly fence: number };

export type ImportLimits = { readonly recordBytes: number; readonly importInflatedBytes: number };

/** A write to the store: large enough to be cheap, small enough to stay in memory several times over. */
const batchRows = 20_000;
const batchCharacters = 24 << 20;

/**
 * One attempt at an import: every record of the received file goes into the store or is set aside with its reason.
 * Safe to repeat: what an earlier attempt wrote is found again and belongs to this job all the same.
 */
export async function attemptImport(
  job: ImportJob,
  parts: { readonly store: Store; readonly spool: Spool; readonly limits: ImportLimits },
  follow: Follow,
): Promise<{ readonly outcome: Outcome; takeBack(): Promise<void> }> {
  const { store, spool, limits } = parts;
  const rejectsName = `${job.key}-${job.fence}.rejects`;
  const rejects = await spool.beginRejects(rejectsName);
  const tally = new Tally();
  try {
    const file = await fileAt(await spool.pathOf(job.request.spoolName));
    const say = () =>
      follow.progress({
        rows: tally.read,
        rowsTotal: null,
        percent: Math.min(99, Math.floor((file.position / job.request.bytes) * 100)),
      });
    let batch: Activity[] = [];
    let characters = 0;
    const flush = async () => {
      follow.signal.throwIfAborted();
      await store.add(job.tenant, job.id, batch);
      batch = [];
      characters = 0;
      say();
    };
    const readLimits = { recordBytes: limits.recordBytes, inflatedBytes: limits.importInflatedBytes };
    for await (const items of readRecords(file, readLimits, (sentence) => tally.assumed.add(sentence))) {
      follow.signal.throwIfAborted();
      await rejects.write(rejectLines(items));
      for (const item of items) {
        tally.take(item);
        if (item.kind === 'reject') continue;
        batch.push(item.activity);
        characters += item.activity.raw.length;
        if (batch.length >= batchRows || characters >= batchCharacters) await flush();
      }
      say();
    }
    await flush();
    tally.mustHaveUnderstoodSome();
    const added = await store.countBroughtBy(job.tenant, job.id);
    await (tally.rejected > 0 ? rejects.publish() : rejects.discard());
    const outcome: Outcome = {
      type: 'import',
      result: tally.result(added),
      rejectsName: tally.rejected > 0 ? rejectsName : null,
    };
    return { outcome, takeBack: () => spool.remove(rejectsName) };
  } catch (error) {
    await rejects.discard();
    throw error;
  }
}

/** What came, counted. */
class Tally {
  read = 0;
  rejected = 0;
  readonly assumed = new Set<string>();
  #firstMs = Number.POSITIVE_INFINITY;
  #lastMs = Number.NEGATIVE_INFINITY;
  #firstReject: { readonly line: number; readonly reason: string } | null = null;
  readonly #bySource: Partial<Record<Source, number>> = {};

  take(item: SourceItem): void {
    this.read++;
    if (item.kind === 'reject') {
      this.rejected++;
      this.#firstReject ??= item;
      return;
    }
    const { timeMs, source } = item.activity;
    this.#firstMs = Math.min(this.#firstMs, timeMs);
    this.#lastMs = Math.max(this.#lastMs, timeMs);
    this.#bySource[source] = (this.#bySource[source] ?? 0) + 1;
  }

  /** Throws `import_not_understood` when there were records and every one was set aside. */
  mustHaveUnderstoodSome(): void {
    if (this.#firstReject === null || this.rejected < this.read) return;
    const { line, reason } = this.#firstReject;
    const message = `None of the file's ${this.read} records could be understood; the first, on line ${line}: ${reason}`;
    throw new Failure('import_not_understood', message);
  }

  result(added: number) {
    const understood = this.read - this.rejected;
    const time = (ms: number) => (understood === 0 ? null : new Date(ms).toISOString());
    return {
      read: this.read,
      added,
      duplicates: understood - added,
      rejected: this.rejected,
      from: time(this.#firstMs),
      until: time(this.#lastMs),
      bySource: this.#bySource,
      assumed: [...this.assumed],
    };
  }
}

function rejectLines(items: readonly SourceItem[]): string {
  return items
    .filter((item) => item.kind === 'reject')
    .map(({ line, reason, record }) => `${JSON.stringify({ line, reason, record })}\n`)
    .join('');
}
