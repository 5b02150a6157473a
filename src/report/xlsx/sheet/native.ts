/** Texts of a column, as they lie in the block's bytes: of row i the text `indexes[i]`, or i itself where there is no dictionary. */
export type Texts = {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly indexes: Uint8Array | Uint16Array | Uint32Array | null;
};

/** Some rows in columns: those of texts, those of times (ms since 1970), and `care`, in their order. */
export type NativeBlock = {
  readonly rows: number;
  readonly bytes: Uint8Array;
  readonly texts: readonly Texts[];
  readonly times: readonly Float64Array[];
  readonly care: Uint32Array;
};

/**
 * Reads the engine's `Native` format: blocks of columns, with dictionaries as they are in memory. Of its types those
 * that we ask for: Float64, UInt32, String and LowCardinality(String). Source: NativeWriter.cpp and
 * SerializationLowCardinality.cpp of ClickHouse.
 */
export function* nativeBlocks(bytes: Uint8Array): Generator<NativeBlock> {
  const reader = new Reader(bytes);
  while (!reader.atEnd) yield blockFrom(reader);
}

function blockFrom(reader: Reader): NativeBlock {
  const columns = reader.size();
  const rows = reader.size();
  const texts: Texts[] = [];
  const times: Float64Array[] = [];
  let care = new Uint32Array(rows);
  for (let i = 0; i < columns; i++) {
    reader.text();
    const type = reader.text();
    if (type === 'Float64') times.push(new Float64Array(reader.copy(rows * 8)));
    else if (type === 'UInt32') care = new Uint32Array(reader.copy(rows * 4));
    else if (type === 'String') texts.push({ ...reader.texts(rows), indexes: null });
    else if (type === 'LowCardinality(String)') texts.push(reader.dictionary(rows));
    else throw new RangeError(`The engine answered with a column of type ${type}, which was not asked for.`);
  }
  return { rows, bytes: reader.bytes, texts, times, care };
}

/** Index types of a dictionary by their number, and the flags beside it: the block has its own keys, no shared ones. */
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

  /** A number of seven bits a byte, lowest first. */
  size(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.bytes[this.#at++]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  text(): string {
    const length = this.size();
    this.#at += length;
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + this.#at - length, length).toString('latin1');
  }

  texts(count: number): { starts: Int32Array; ends: Int32Array } {
    const starts = new Int32Array(count);
    const ends = new Int32Array(count);
    const { bytes } = this;
    let at = this.#at;
    for (let i = 0; i < count; i++) {
      let length = bytes[at++]!;
      if (length >= 128) {
        this.#at = at - 1;
        length = this.size();
        at = this.#at;
      }
      starts[i] = at;
      at += length;
      ends[i] = at;
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
    const count = this.#long();
    return { ...keys, indexes: new Indexes(this.copy(count * Indexes.BYTES_PER_ELEMENT)) };
  }

  /** A copy, so that it is aligned. */
  copy(length: number): ArrayBuffer {
    const from = this.bytes.byteOffset + this.#at;
    this.#at += length;
    return (this.bytes.buffer as ArrayBuffer).slice(from, from + length);
  }

  #long(): number {
    this.#at += 8;
    return Number(this.#view.getBigUint64(this.#at - 8, true));
  }
}
