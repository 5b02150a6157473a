import type { SheetColumn } from './columns.ts';

/** Texts of a column in the block's bytes: row i has the text `indexes[i]`, or i itself where there is no dictionary. */
export type Texts = {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly indexes: Uint8Array | Uint16Array | Uint32Array | null;
};

/** Rows as columns: the texts and the times (ms since 1970) in the order of the columns, and `care`. */
export type NativeBlock = {
  readonly rows: number;
  readonly bytes: Uint8Array;
  readonly texts: readonly Texts[];
  readonly times: readonly Float64Array[];
  readonly care: Uint32Array;
};

type Kind = Pick<SheetColumn, 'kind'>;

/**
 * Reads the engine's `Native` format: blocks of columns, with dictionaries as they are in memory. Of its types only those
 * that reports ask for: Float64 for a time, String and LowCardinality(String) for a text, and last UInt32 for `care`.
 * Throws RangeError when a block has other columns than asked for, is cut off, or refers outside itself.
 * Source: NativeWriter.cpp and SerializationLowCardinality.cpp of ClickHouse.
 */
export function* nativeBlocks(bytes: Uint8Array, columns: readonly Kind[]): Generator<NativeBlock> {
  const reader = new Reader(bytes);
  while (!reader.atEnd) yield blockFrom(reader, columns);
}

function blockFrom(reader: Reader, columns: readonly Kind[]): NativeBlock {
  const count = reader.size();
  const rows = reader.size();
  if (count !== columns.length + 1) throw new RangeError(`The engine answered with ${count} columns.`);
  const texts: Texts[] = [];
  const times: Float64Array[] = [];
  for (const { kind } of columns) {
    reader.skipText();
    const type = reader.name();
    if (kind === 'time' && type === 'Float64') times.push(new Float64Array(reader.copy(rows * 8)));
    else if (kind === 'text' && type === 'String') texts.push({ ...reader.texts(rows), indexes: null });
    else if (kind === 'text' && type === 'LowCardinality(String)') texts.push(reader.dictionary(rows));
    else throw new RangeError(`The engine answered with ${type} for a column of kind ${kind}.`);
  }
  reader.skipText();
  const type = reader.name();
  if (type !== 'UInt32') throw new RangeError(`The engine answered with ${type} for care.`);
  return { rows, bytes: reader.bytes, texts, times, care: new Uint32Array(reader.copy(rows * 4)) };
}

/** Types of a dictionary's indexes by their number, and its flags: keys of its own are expected, shared keys are not. */
const indexTypes = [Uint8Array, Uint16Array, Uint32Array] as const;
const ownKeys = 0x200;
const sharedKeys = 0x100;

class Reader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get atEnd(): boolean {
    return this.#at >= this.bytes.length;
  }

  /** A whole number of seven bits a byte, lowest first. */
  size(): number {
    let value = 0;
    for (let scale = 1; scale < 2 ** 50; scale *= 128) {
      const byte = this.bytes[this.#advance(1)]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    throw new RangeError('The engine answered with a size beyond 2^50.');
  }

  skipText(): void {
    this.#advance(this.size());
  }

  name(): string {
    const length = this.size();
    const from = this.#advance(length);
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + from, length).toString('latin1');
  }

  texts(count: number): { starts: Int32Array; ends: Int32Array } {
    this.#expect(count);
    const starts = new Int32Array(count);
    const ends = new Int32Array(count);
    const { bytes } = this;
    let at = this.#at;
    for (let i = 0; i < count; i++) {
      let length = bytes[at++]!;
      // Also when there is no byte any more.
      if (!(length < 128)) {
        this.#at = at - 1;
        length = this.size();
        at = this.#at;
      }
      starts[i] = at;
      at += length;
      ends[i] = at;
      if (at > bytes.length) throw new RangeError(cutOff);
    }
    this.#at = at;
    return { starts, ends };
  }

  dictionary(rows: number): Texts {
    if (rows === 0) return { starts: new Int32Array(), ends: new Int32Array(), indexes: new Uint8Array() };
    const version = this.#long();
    const flags = this.#long();
    const Indexes = indexTypes[flags & 0xff];
    if (version !== 1 || Indexes === undefined || (flags & (ownKeys | sharedKeys)) !== ownKeys) {
      throw new RangeError(`The engine answered with a dictionary of version ${version} and flags ${flags}.`);
    }
    const keys = this.texts(this.#long());
    if (this.#long() !== rows) throw new RangeError('The engine answered with a dictionary of other rows.');
    const indexes = new Indexes(this.copy(rows * Indexes.BYTES_PER_ELEMENT));
    let most = 0;
    for (let i = 0; i < rows; i++) if (indexes[i]! > most) most = indexes[i]!;
    if (most >= keys.starts.length) throw new RangeError('The engine answered with an index outside its dictionary.');
    return { ...keys, indexes };
  }

  /** A copy, because typed arrays must be aligned. */
  copy(length: number): ArrayBuffer {
    const from = this.bytes.byteOffset + this.#advance(length);
    return (this.bytes.buffer as ArrayBuffer).slice(from, from + length);
  }

  #long(): number {
    return Number(this.#view.getBigUint64(this.#advance(8), true));
  }

  /** Moves on by `length` bytes; returns where it was. */
  #advance(length: number): number {
    this.#expect(length);
    const from = this.#at;
    this.#at += length;
    return from;
  }

  #expect(length: number): void {
    if (!(this.#at + length <= this.bytes.length)) throw new RangeError(cutOff);
  }
}

const cutOff = "The engine's answer is cut off.";
