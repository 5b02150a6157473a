/**
 * Thrift's compact protocol as far as Parquet footers need it: a footer is read, changed and written again. Integers are
 * bigint, so that every i64 is kept; unknown fields are kept.
 */
export type Value =
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'byte'; readonly value: number }
  | { readonly type: 'integer'; readonly code: 4 | 5 | 6; value: bigint }
  | { readonly type: 'double' | 'binary'; readonly value: Buffer }
  | { readonly type: 'list'; readonly code: number; values: Value[] }
  | { readonly type: 'struct'; readonly fields: Map<number, Value> };

export type Struct = Extract<Value, { readonly type: 'struct' }>;

/** Reads one struct; throws RangeError on anything else. */
export function readStruct(bytes: Buffer): Struct {
  const value = readValue({ bytes, at: 0 }, 12);
  return value as Struct;
}

export function writeStruct(struct: Struct): Buffer {
  const parts: Buffer[] = [];
  writeValue(parts, struct);
  return Buffer.concat(parts);
}

type Reader = { readonly bytes: Buffer; at: number };

function readValue(reader: Reader, code: number): Value {
  switch (code) {
    case 1:
    case 2:
      // In a list a boolean is a byte; in a field its value is the type itself.
      return { type: 'boolean', value: code === 1 };
    case 3:
      return { type: 'byte', value: reader.bytes.readInt8(reader.at++) };
    case 4:
    case 5:
    case 6: {
      const zigzag = readVarint(reader);
      return { type: 'integer', code, value: (zigzag >> 1n) ^ -(zigzag & 1n) };
    }
    case 7:
      return { type: 'double', value: take(reader, 8) };
    case 8:
      return { type: 'binary', value: take(reader, Number(readVarint(reader))) };
    case 9:
      return readList(reader);
    case 12:
      return readFields(reader);
    default:
      throw new RangeError(`Thrift type ${code} does not occur in a Parquet footer.`);
  }
}

function readFields(reader: Reader): Struct {
  const fields = new Map<number, Value>();
  for (let id = 0; ; ) {
    const head = reader.bytes.readUInt8(reader.at++);
    if (head === 0) return { type: 'struct', fields };
    const step = head >> 4;
    if (step === 0) {
      const zigzag = readVarint(reader);
      id = Number((zigzag >> 1n) ^ -(zigzag & 1n));
    } else id += step;
    fields.set(id, readValue(reader, head & 15));
  }
}

function readList(reader: Reader): Value {
  const head = reader.bytes.readUInt8(reader.at++);
  const code = head & 15;
  const length = head >> 4 === 15 ? Number(readVarint(reader)) : head >> 4;
  // An element takes at least one byte.
  if (length > reader.bytes.length - reader.at) throw new RangeError('The footer ends too early.');
  const values = Array.from({ length }, () => {
    return code <= 2 ? readValue(reader, reader.bytes.readUInt8(reader.at++)) : readValue(reader, code);
  });
  return { type: 'list', code, values };
}

function readVarint(reader: Reader): bigint {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = reader.bytes.readUInt8(reader.at++);
    value |= BigInt(byte & 127) << shift;
    if (byte < 128) return value;
  }
  throw new RangeError('A number of the footer is longer than 64 bits.');
}

function take(reader: Reader, length: number): Buffer {
  if (reader.at + length > reader.bytes.length) throw new RangeError('The footer ends too early.');
  reader.at += length;
  return reader.bytes.subarray(reader.at - length, reader.at);
}

function writeValue(parts: Buffer[], value: Value): void {
  switch (value.type) {
    case 'boolean':
      parts.push(Buffer.of(value.value ? 1 : 2));
      break;
    case 'byte':
      parts.push(Buffer.of(value.value & 255));
      break;
    case 'integer':
      parts.push(varint(zigzagged(value.value)));
      break;
    case 'double':
      parts.push(value.value);
      break;
    case 'binary':
      parts.push(varint(BigInt(value.value.length)), value.value);
      break;
    case 'list': {
      const length = value.values.length;
      parts.push(Buffer.of((Math.min(length, 15) << 4) | value.code));
      if (length >= 15) parts.push(varint(BigInt(length)));
      for (const item of value.values) writeValue(parts, item);
      break;
    }
    case 'struct':
      writeFields(parts, value);
  }
}

function writeFields(parts: Buffer[], { fields }: Struct): void {
  let last = 0;
  for (const [id, value] of fields) {
    const step = id - last;
    const code = codeOf(value);
    if (step > 0 && step < 16) parts.push(Buffer.of((step << 4) | code));
    else parts.push(Buffer.of(code), varint(zigzagged(BigInt(id))));
    last = id;
    // A boolean field is its own type.
    if (value.type !== 'boolean') writeValue(parts, value);
  }
  parts.push(Buffer.of(0));
}

function codeOf(value: Value): number {
  if (value.type === 'integer') return value.code;
  if (value.type === 'boolean') return value.value ? 1 : 2;
  return { byte: 3, double: 7, binary: 8, list: 9, struct: 12 }[value.type];
}

function zigzagged(value: bigint): bigint {
  return BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}
