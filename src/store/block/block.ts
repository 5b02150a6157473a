import { type Activity, sources } from '../../domain/activity.ts';
import { literal } from '../literal.ts';
import { mostRows } from '../moment.ts';
import { Bytes } from './bytes.ts';
import { DictionaryColumn, NumberColumn, TextColumn } from './columns.ts';

/** The engine's name for the format of a block: columns as it holds them, with their names and types. */
export const blockFormat = 'Native';

const source = `Enum8(${sources.map((name, i) => `${literal(name)} = ${i + 1}`).join(', ')})`;
const fewTexts = 'LowCardinality(String)';

/** The columns of a block and of the table that takes it, with their types. `row` counts from 0. */
export const blockColumns = {
  raw: 'String',
  activityId: 'String',
  item: 'String',
  object: 'String',
  user: 'String',
  userType: fewTexts,
  activity: fewTexts,
  service: fewTexts,
  itemType: fewTexts,
  site: fewTexts,
  result: fewTexts,
  clientIp: 'String',
  userAgent: fewTexts,
  recordType: fewTexts,
  source,
  timeMs: 'Int64',
  row: 'UInt32',
} as const satisfies Readonly<Record<keyof Activity | 'row', string>>;

/** Room for what stands before the originals, which come first and are not moved again. */
const headBytes = 64;
const leastMemory = 256 * 1024;
/** How much memory of earlier blocks is kept. */
const mostMemories = 2;

/**
 * Gathers activities into a block of columns that the store inserts as it is. Pure, and loads no engine, so that a thread
 * which reads a file can do this part too.
 */
export class ActivityBlock {
  #rows = 0;
  #originals: Bytes;
  #columns = emptyColumns();
  /** Memory of earlier blocks: new pages would cost more than what is written to them. */
  readonly #memory: ArrayBuffer[] = [];
  #nextMemory: number;

  /** `expectedBytes`: how long the first block will be, so far as it is known; it grows where it is longer. */
  constructor(expectedBytes = leastMemory) {
    this.#nextMemory = Math.max(expectedBytes, leastMemory);
    this.#originals = this.#begin();
  }

  get rows(): number {
    return this.#rows;
  }

  /** Bytes of the originals so far; the other columns are small beside them. */
  get bytes(): number {
    return this.#originals.length - headBytes;
  }

  /** Throws RangeError for more than `mostRows` activities. */
  add(activity: Activity): void {
    if (this.#rows === mostRows) throw new RangeError(`A write holds at most ${mostRows} activities.`);
    const columns = this.#columns;
    this.#originals.text(activity.raw);
    columns.activityId.add(activity.activityId);
    columns.item.add(activity.item);
    columns.object.add(activity.object);
    columns.user.add(activity.user);
    columns.userType.add(activity.userType);
    columns.activity.add(activity.activity);
    columns.service.add(activity.service);
    columns.itemType.add(activity.itemType);
    columns.site.add(activity.site);
    columns.result.add(activity.result);
    columns.clientIp.add(activity.clientIp);
    columns.userAgent.add(activity.userAgent);
    columns.recordType.add(activity.recordType);
    columns.source.add(sources.indexOf(activity.source) + 1);
    columns.timeMs.add(activity.timeMs);
    columns.row.add(this.#rows++);
  }

  /** The block so far, in memory of its own that may be transferred; another one begins. */
  take(): Uint8Array<ArrayBuffer> {
    const block = this.#originals;
    for (const [name, column] of Object.entries(this.#columns) as [keyof Columns, Columns[keyof Columns]][]) {
      block.text(name);
      block.text(blockColumns[name]);
      column.writeTo(block);
    }
    const head = new Bytes(headBytes);
    head.count(Object.keys(blockColumns).length);
    head.count(this.#rows);
    head.text('raw');
    head.text(blockColumns.raw);
    const { written } = block;
    const start = headBytes - head.length;
    written.set(head.written, start);
    this.#nextMemory = written.buffer.byteLength;
    this.#rows = 0;
    this.#columns = emptyColumns();
    this.#originals = this.#begin();
    return written.subarray(start);
  }

  /** Takes back the memory of a block that nobody reads any more. */
  reuse(memory: ArrayBuffer): void {
    if (this.#memory.length < mostMemories) this.#memory.push(memory);
  }

  #begin(): Bytes {
    return new Bytes(this.#memory.pop() ?? this.#nextMemory, headBytes);
  }
}

/** Activities as one block. Throws RangeError for more than `mostRows`. */
export function encodedActivities(activities: readonly Activity[]): Uint8Array<ArrayBuffer> {
  const block = new ActivityBlock();
  for (const activity of activities) block.add(activity);
  return block.take();
}

type Columns = ReturnType<typeof emptyColumns>;

/** All columns but the originals. */
function emptyColumns() {
  return {
    activityId: new TextColumn(),
    item: new TextColumn(),
    object: new TextColumn(),
    user: new TextColumn(),
    userType: new DictionaryColumn(),
    activity: new DictionaryColumn(),
    service: new DictionaryColumn(),
    itemType: new DictionaryColumn(),
    site: new DictionaryColumn(),
    result: new DictionaryColumn(),
    clientIp: new TextColumn(),
    userAgent: new DictionaryColumn(),
    recordType: new DictionaryColumn(),
    source: new NumberColumn(8),
    timeMs: new NumberColumn(64),
    row: new NumberColumn(32),
  } satisfies Omit<Record<keyof typeof blockColumns, unknown>, 'raw'>;
}
