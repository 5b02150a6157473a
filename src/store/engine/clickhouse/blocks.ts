import type { Chunk } from '../engine.ts';

/**
 * Cuts the engine's Native format into its blocks, however HTTP has cut the bytes: the format has no lengths of blocks, so
 * the lengths of their values are read. Throws RangeError when the bytes are no such blocks or end inside one.
 * Source: NativeWriter.cpp and the serializations of ClickHouse.
 */
export async function* blocksOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Chunk> {
  const cutter = new Cutter();
  const steps = cutter.blocks();
  for await (const piece of pieces) {
    cutter.append(piece);
    for (let step = steps.next(); step.value !== undefined; step = steps.next()) yield step.value as Chunk;
  }
  if (!cutter.isBetweenBlocks) throw new RangeError("The engine's answer is cut off.");
}

/** Bytes of a value of each type of fixed length. */
const fixed: Readonly<Record<string, number>> = {
  ...Object.fromEntries(
    [8, 16, 32, 64, 128, 256].flatMap((bits) => [`Int${bits}`, `UInt${bits}`].map((name) => [name, bits / 8])),
  ),
  Float32: 4,
  Float64: 8,
  Bool: 1,
  Date: 2,
  Date32: 4,
  DateTime: 4,
  DateTime64: 8,
  Enum8: 1,
  Enum16: 2,
  UUID: 16,
  IPv4: 4,
  IPv6: 16,
};

/** The size of an index of a dictionary by its number, in bytes, and the flag that the dictionary has keys of its own. */
const indexBytes = [1, 2, 4, 8];
const ownKeys = 0x200n;

/** Waits until there are more bytes, or hands a block over. */
type Steps<T> = Generator<Chunk | undefined, T, void>;

class Cutter {
  #bytes = Buffer.alloc(0);
  /** Where the block begins, what is read of it, and what has come. */
  #from = 0;
  #at = 0;
  #end = 0;

  get isBetweenBlocks(): boolean {
    return this.#from === this.#end;
  }

  append(piece: Uint8Array): void {
    if (this.#end + piece.byteLength > this.#bytes.byteLength) {
      const kept = this.#bytes.subarray(this.#from, this.#end);
      const room = Buffer.allocUnsafeSlow(Math.max(2 ** 16, 2 * kept.byteLength) + piece.byteLength);
      kept.copy(room);
      this.#at -= this.#from;
      this.#end -= this.#from;
      this.#from = 0;
      this.#bytes = room;
    }
    this.#bytes.set(piece, this.#end);
    this.#end += piece.byteLength;
  }

  /** Ends never: undefined means that more bytes are needed. */
  *blocks(): Steps<never> {
    for (;;) {
      while (this.#at === this.#end) yield undefined;
      const columns = yield* this.#size();
      const rows = yield* this.#size();
      for (let i = 0; i < columns; i++) {
        yield* this.#skip(yield* this.#size());
        const length = yield* this.#size();
        yield* this.#expect(length);
        const type = this.#bytes.toString('latin1', this.#at, this.#at + length);
        this.#at += length;
        if (rows === 0) continue;
        // The version of dictionaries stands before everything else of a column.
        if (/^(?:Array\()*LowCardinality\(/.test(type)) yield* this.#skip(8);
        yield* this.#column(type, rows);
      }
      const bytes = this.#bytes.subarray(this.#from, this.#at);
      // What came after the block moves, since whoever gets the block may hand its memory over.
      const rest = this.#bytes.subarray(this.#at, this.#end);
      this.#bytes = Buffer.allocUnsafeSlow(Math.max(2 ** 16, bytes.byteLength + rest.byteLength));
      rest.copy(this.#bytes);
      this.#end = rest.byteLength;
      this.#from = 0;
      this.#at = 0;
      if (rows > 0) yield { rows, bytes };
    }
  }

  *#column(type: string, rows: number): Steps<void> {
    const [, name = '', inner = ''] = /^(\w+)(?:\((.*)\))?$/s.exec(type) ?? [];
    if (name === 'String') yield* this.#texts(rows);
    else if (name === 'FixedString') yield* this.#skip(Number(inner) * rows);
    else if (name === 'Nullable') {
      yield* this.#skip(rows);
      yield* this.#column(inner, rows);
    } else if (name === 'Array') {
      if (rows > 1) yield* this.#skip(8 * (rows - 1));
      const length = yield* this.#long();
      if (length > 0n) yield* this.#column(inner, Number(length));
    } else if (name === 'LowCardinality') yield* this.#dictionary(inner, rows);
    else if (fixed[name] !== undefined) yield* this.#skip(fixed[name] * rows);
    else throw new RangeError(`The engine answered with a column of type ${name}.`);
  }

  *#dictionary(type: string, rows: number): Steps<void> {
    const flags = yield* this.#long();
    const index = indexBytes[Number(flags & 0xffn)];
    if (index === undefined || (flags & ownKeys) === 0n)
      throw new RangeError('The engine answered with an unknown dictionary.');
    const keys = Number(yield* this.#long());
    // Of Nullable, the keys are written without marks: the first of them is null.
    yield* this.#column(/^Nullable\((.*)\)$/s.exec(type)?.[1] ?? type, keys);
    if (Number(yield* this.#long()) !== rows)
      throw new RangeError('The engine answered with a dictionary of other rows.');
    yield* this.#skip(index * rows);
  }

  *#texts(count: number): Steps<void> {
    for (let i = 0; i < count; i++) {
      // The usual text is short and has come: 10 ns instead of 100.
      const length = this.#at < this.#end ? this.#bytes[this.#at]! : 128;
      if (length < 128 && this.#at + length < this.#end) this.#at += 1 + length;
      else yield* this.#skip(yield* this.#size());
    }
  }

  /** A whole number of seven bits a byte, lowest first. */
  *#size(): Steps<number> {
    let value = 0;
    for (let scale = 1; scale < 2 ** 50; scale *= 128) {
      yield* this.#expect(1);
      const byte = this.#bytes[this.#at++]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    throw new RangeError('The engine answered with a size beyond 2^50.');
  }

  *#long(): Steps<bigint> {
    yield* this.#expect(8);
    this.#at += 8;
    return this.#bytes.readBigUInt64LE(this.#at - 8);
  }

  *#skip(length: number): Steps<void> {
    yield* this.#expect(length);
    this.#at += length;
  }

  *#expect(length: number): Steps<void> {
    while (this.#at + length > this.#end) yield undefined;
  }
}
