/**
 * The rows of a block in ClickHouse's format Native, for tests that have no engine. Reads the types that a block of
 * activities has; throws for another type and for bytes that are left.
 */
export function rowsOfBlock(block: Uint8Array): Readonly<Record<string, string | number>>[] {
  const reader = new Reader(Buffer.from(block.buffer, block.byteOffset, block.byteLength));
  const [columns, count] = [reader.varUInt(), reader.varUInt()];
  const rows = Array.from({ length: count }, (): Record<string, string | number> => ({}));
  for (let column = 0; column < columns; column++) {
    const name = reader.text();
    const values = reader.values(reader.text(), count);
    for (const [i, row] of rows.entries()) row[name] = values[i]!;
  }
  if (!reader.atEnd) throw new RangeError('The block has bytes behind its columns.');
  return rows;
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  varUInt(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.#bytes.readUInt8(this.#at++);
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  text(): string {
    const length = this.varUInt();
    this.#at += length;
    if (this.#at > this.#bytes.length) throw new RangeError('The block ends within a text.');
    return this.#bytes.toString('utf8', this.#at - length, this.#at);
  }

  values(type: string, count: number): readonly (string | number)[] {
    if (type === 'String') return this.#times(count, () => this.text());
    if (type === 'UInt32') return this.#times(count, () => this.#number(4));
    if (type === 'Int64') return this.#times(count, () => this.#int64());
    if (type.startsWith('Enum8')) return this.#times(count, () => this.#number(1));
    if (type === 'LowCardinality(String)') return this.#dictionary(count);
    throw new RangeError(`The block has a column of type ${type}.`);
  }

  #dictionary(count: number): readonly string[] {
    if (this.#int64() !== 1) throw new RangeError('The dictionary has another version.');
    const flags = this.#int64();
    const keys = this.#times(this.#int64(), () => this.text());
    if (this.#int64() !== count) throw new RangeError('The dictionary has another number of rows.');
    return this.#times(count, () => keys[this.#number(1 << (flags & 0xff))]!);
  }

  #number(bytes: number): number {
    this.#at += bytes;
    return this.#bytes.readUIntLE(this.#at - bytes, bytes);
  }

  #int64(): number {
    this.#at += 8;
    return Number(this.#bytes.readBigInt64LE(this.#at - 8));
  }

  #times<T>(count: number, one: () => T): T[] {
    return Array.from({ length: count }, one);
  }
}
