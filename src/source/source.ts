import { isUtf8 } from 'node:buffer';
import { Failure } from '../domain/failure.ts';
import { CsvRecords } from './csv/csv-records.ts';
import { headBytes, shapeOf, understoodKinds } from './detect.ts';
import type { SourceFile } from './file.ts';
import type { SourceItem } from './item.ts';
import { JsonRecords } from './json/json-records.ts';
import { purviewActivity } from './records/purview.ts';
import { type Understood, understand } from './records/record.ts';
import { noUtf8, type Reader, type Sink } from './sink.ts';
import { decoded } from './unpack/decode.ts';

export { fileAt, followed, type SourceFile } from './file.ts';
export { type IntakeBatch, importResultFor, inBatches, type Tallied, Tally } from './intake.ts';
export type { SourceItem } from './item.ts';

const batchItems = 2000;
const batchTextUnits = 4 * 1024 * 1024;

/** The longest record, and the most bytes that a packed file may unpack to. */
export type ReadLimits = { readonly recordBytes: number; readonly inflatedBytes: number };

/**
 * Reads a file of audit records of any known kind, told by its content, gzipped or not, and yields batches of what it
 * holds in file order. `assume` is called with one plain sentence for each thing that the file did not say and that was
 * assumed; it holds nothing of the file's content, and the same sentence may come more than once. Memory stays at a few records whatever the file's size. `line` counts from 1 in the unpacked text;
 * the events of one Google activity share its line. A record longer than `recordBytes` becomes a reject with its head.
 *
 * Throws `import_not_understood` when nothing in the file is of a known kind (rejects may have been yielded before),
 * `import_broken` when packed data breaks off before its first record, `body_too_large` past `inflatedBytes`.
 */
export async function* readRecords(
  file: SourceFile,
  limits: ReadLimits,
  _assume: (sentence: string) => void = () => {},
): AsyncGenerator<SourceItem[]> {
  const { pieces, broken } = decoded(file.read(), limits.inflatedBytes);
  const intake = new Intake();
  const head: Buffer[] = [];
  let headLength = 0;
  let reader: Reader | null = null;
  for await (const piece of pieces) {
    if (reader === null) {
      head.push(piece);
      headLength += piece.length;
      if (headLength < headBytes) continue;
      reader = begun(Buffer.concat(head), intake, limits.recordBytes, broken());
    } else reader.push(piece);
    yield* intake.batches();
  }
  reader ??= begun(Buffer.concat(head), intake, limits.recordBytes, broken());
  const reason = broken();
  if (reason !== null && !intake.anything) throw brokenOff();
  reader.end(reason);
  const { seen } = intake;
  // An empty list is understood; one that holds nothing of a known kind is not.
  if (!seen.known && (seen.unknown || !seen.list)) throw foreign(seen.json ? otherJson : 'text that is no JSON');
  yield* intake.batches();
  if (intake.items.length > 0) yield intake.items;
}

function begun(head: Buffer, sink: Intake, recordBytes: number, broken: string | null): Reader {
  const reader = readerFor(head, sink, recordBytes, broken);
  reader.push(head);
  return reader;
}

function readerFor(head: Buffer, sink: Intake, recordBytes: number, broken: string | null): Reader {
  const shape = shapeOf(head.subarray(0, headBytes));
  if (shape.kind === 'json') return new JsonRecords(sink, recordBytes);
  if (shape.kind === 'foreign') throw broken === null ? foreign(shape.found, shape.advice) : brokenOff();
  sink.header();
  return new CsvRecords(sink, shape.header, recordBytes);
}

const otherJson = 'JSON without a Microsoft 365 or Google Workspace audit record';

function foreign(found: string, advice = `understood are ${understoodKinds}`): Failure {
  return new Failure('import_not_understood', `The file is ${found}; ${advice}.`);
}

function brokenOff(): Failure {
  return new Failure(
    'import_broken',
    'The gzip data is cut off or damaged before its first record; send the whole file again.',
  );
}

/** Turns what a reader finds into items, and knows whether any of it was of a known kind. */
class Intake implements Sink {
  items: SourceItem[] = [];
  readonly seen = { list: false, known: false, unknown: false, json: false };
  #itemSeen = false;
  #textUnits = 0;
  readonly #full: SourceItem[][] = [];

  record(bytes: Buffer, line: number): void {
    this.seen.json = true;
    const json = bytes.toString('utf8');
    const understood = understand(json);
    const taken = isUtf8(bytes) ? understood : { known: understood.known, outcomes: [{ reason: noUtf8 }] };
    this.#add(taken, line, () => json);
  }

  row(row: Readonly<Record<string, string>>, line: number, written: () => string): void {
    this.#add({ known: true, outcomes: [purviewActivity(row, null)] }, line, written);
  }

  broken(text: string, line: number, reason: string): void {
    this.#add({ known: false, outcomes: [{ reason }] }, line, () => text);
  }

  list(): void {
    this.seen.list = true;
  }

  header(): void {
    this.seen.known = true;
  }

  /** Whether anything came out of the file at all. */
  get anything(): boolean {
    return this.#itemSeen;
  }

  /** What is ready to go on. */
  *batches(): Generator<SourceItem[]> {
    yield* this.#full.splice(0);
  }

  #add({ known, outcomes }: Understood, line: number, written: () => string): void {
    if (known) this.seen.known = true;
    else this.seen.unknown = true;
    for (const outcome of outcomes) {
      const item: SourceItem =
        'reason' in outcome
          ? { kind: 'reject', line, reason: outcome.reason, record: written() }
          : { kind: 'activity', line, activity: outcome };
      this.#itemSeen = true;
      this.items.push(item);
      this.#textUnits += item.kind === 'activity' ? item.activity.raw.length : item.record.length;
      if (this.items.length >= batchItems || this.#textUnits >= batchTextUnits) this.#next();
    }
  }

  #next(): void {
    this.#full.push(this.items);
    this.items = [];
    this.#textUnits = 0;
  }
}
