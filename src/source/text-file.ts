import { CsvRecords } from './csv/csv-records.ts';
import { type Foreign, headBytes, shapeOf } from './detect.ts';
import { type Finding, Findings, itemsOf, understood } from './findings.ts';
import type { SourceItem } from './item.ts';
import { JsonRecords } from './json/json-records.ts';
import type { FileContext } from './records/record.ts';
import { DateOrder } from './records/values/date-order.ts';
import type { Reader, Sink } from './sink.ts';
import { type Decoded, decoded, type Packed } from './unpack/decode.ts';

/** What is found in a slice is turned into items at once: objects that die young cost little. */
const sliceBytes = 64 * 1024;

/** What a text file turned out to be: read, of another kind, or broken off before its first record. */
export type Verdict = 'understood' | Foreign | { readonly kind: 'broken off' };

export type TextLimits = { readonly recordBytes: number };

/**
 * Reads one file of text, gzipped or not, of one of the known encodings, and yields batches of what it holds in its
 * order; returns what the file is. Memory stays at a few records whatever the file's size.
 *
 * Two questions may need the whole file: the encoding of bytes that are not UTF-8, and the order of numbers in its
 * dates. For each, the file is opened once more at most.
 */
export async function* readText(
  packed: Packed,
  limits: TextLimits,
  assume: FileContext['assume'],
): AsyncGenerator<SourceItem[], Verdict> {
  const order = new DateOrder();
  const context: FileContext = { order, assume };
  const seen = { known: false, unknown: false, json: false };
  const text = decoded(packed, assume);
  const reading = new Reading(text, limits);
  const held = new Held();
  for await (const findings of reading.all()) {
    for (const finding of findings) {
      let { known, outcomes } = understood(finding, context);
      if (order.asked) {
        await settleOrder(packed, limits, context);
        ({ known, outcomes } = understood(finding, context));
      }
      if (known) seen.known = true;
      else seen.unknown = true;
      if (finding.kind === 'record') seen.json = true;
      held.add(itemsOf(finding, outcomes));
    }
    if (seen.known || held.isFull) yield held.release();
  }
  if (reading.foreign !== null) return text.broken() === null ? reading.foreign : { kind: 'broken off' };
  if (reading.brokeOff) return { kind: 'broken off' };
  // An empty list is understood; one that holds nothing of a known kind is not.
  if (!seen.known && !reading.seen.table && (seen.unknown || !reading.seen.list)) {
    return { kind: 'foreign', found: seen.json ? otherJson : 'text that is not JSON' };
  }
  if (held.items.length > 0) yield held.release();
  return 'understood';
}

const otherJson = 'JSON without a Microsoft 365 or Google Workspace audit record';

/** Reads the whole file once more to see which order its dates have. */
async function settleOrder(packed: Packed, limits: TextLimits, { order, assume }: FileContext): Promise<void> {
  const looking: FileContext = { order: new DateOrder(), assume: () => {} };
  looking.order.settle('neither');
  for await (const findings of new Reading(
    decoded(packed, () => {}),
    limits,
  ).all()) {
    for (const finding of findings) understood(finding, looking);
  }
  const { shown } = looking.order;
  order.settle(shown);
  if (shown === 'day first' || shown === 'month first') {
    assume(`Dates such as 3/8/2026 are read with the ${shown}: other dates of the file can be read in no other way.`);
  }
}

/** One reading of a text from its beginning to its end. */
class Reading {
  /** What the file is when it cannot be read, by its first bytes. */
  foreign: Foreign | null = null;
  /** Nothing was found before the data broke off. */
  brokeOff = false;
  readonly #text: Decoded;
  readonly #limits: TextLimits;
  readonly #findings: Findings;
  #reader: Reader | null = null;
  #anyFound = false;

  constructor(text: Decoded, limits: TextLimits) {
    this.#text = text;
    this.#limits = limits;
    this.#findings = new Findings(text.isUtf8);
  }

  /** Whether the file has a known header, or a list, which may be empty. */
  get seen(): { readonly list: boolean; readonly table: boolean } {
    return { list: this.#findings.listSeen, table: this.#findings.tableSeen };
  }

  async *all(): AsyncGenerator<readonly Finding[]> {
    const head: Buffer[] = [];
    let headLength = 0;
    for await (const piece of this.#text.pieces) {
      head.push(piece);
      headLength += piece.length;
      if (this.#reader === null && headLength < headBytes) continue;
      const bytes = head.length === 1 ? piece : Buffer.concat(head);
      head.length = 0;
      if (!this.#begun(bytes)) return;
      yield* this.#findingsIn(bytes);
    }
    const rest = Buffer.concat(head);
    if (!this.#begun(rest)) return;
    yield* this.#findingsIn(rest);
    const broken = this.#text.broken();
    this.brokeOff = broken !== null && !this.#anyFound;
    if (this.brokeOff) return;
    this.#reader!.end(broken);
    yield* this.#findingsLeft();
  }

  /** False when the file cannot be read. */
  #begun(head: Buffer): boolean {
    if (this.#reader !== null) return true;
    const reader = readerFor(head, this.#findings, this.#limits.recordBytes);
    if ('kind' in reader) this.foreign = reader;
    else this.#reader = reader;
    return this.#reader !== null;
  }

  *#findingsIn(bytes: Buffer): Generator<readonly Finding[]> {
    for (let at = 0; at < bytes.length; at += sliceBytes) {
      this.#reader!.push(bytes.subarray(at, at + sliceBytes));
      yield* this.#findingsLeft();
    }
  }

  *#findingsLeft(): Generator<readonly Finding[]> {
    do {
      const found = this.#findings.take();
      this.#anyFound ||= found.length > 0;
      if (found.length > 0) yield found;
    } while (this.#reader!.resume());
    // What the last part of the work found.
    const found = this.#findings.take();
    if (found.length > 0) yield found;
  }
}

function readerFor(head: Buffer, sink: Sink, recordBytes: number): Reader | Foreign {
  const shape = shapeOf(head.subarray(0, headBytes));
  if (shape.kind === 'json') return new JsonRecords(sink, recordBytes);
  if (shape.kind === 'foreign') return shape;
  sink.table();
  return new CsvRecords(sink, shape.table, recordBytes);
}

/** How many items are held at most, and how much text of theirs. */
const mostHeld = 2000;
const mostHeldUnits = 4 * 1024 * 1024;

/** Items are held until one is of a known kind: a file that is understood in nothing has few rejects of its own. */
class Held {
  items: SourceItem[] = [];
  #units = 0;

  add(items: readonly SourceItem[]): void {
    for (const item of items) {
      this.items.push(item);
      this.#units += item.kind === 'activity' ? item.activity.raw.length : item.record.length;
    }
  }

  get isFull(): boolean {
    return this.items.length >= mostHeld || this.#units >= mostHeldUnits;
  }

  release(): SourceItem[] {
    const { items } = this;
    this.items = [];
    this.#units = 0;
    return items;
  }
}
