/** Bytes that grow while they are written; texts have their length in front of them (ClickHouse's VarUInt). */
export class Bytes {
  /** How many bytes are written. */
  length: number;
  #buffer: Buffer<ArrayBuffer>;

  /** `reserved` bytes at the beginning are left for the caller. */
  constructor(memory: number | ArrayBuffer, reserved = 0) {
    this.#buffer = typeof memory === 'number' ? Buffer.allocUnsafeSlow(memory) : Buffer.from(memory);
    this.length = reserved;
  }

  /** What is written so far, without a copy. Its memory belongs to nothing else. */
  get written(): Buffer<ArrayBuffer> {
    return this.#buffer.subarray(0, this.length);
  }

  /** A text as UTF-8 with its length in bytes in front. */
  text(text: string): void {
    // One UTF-16 unit is three bytes at most.
    this.#reserve(text.length * 3 + mostLengthBytes);
    const buffer = this.#buffer;
    const start = this.length;
    const lengthBytes = lengthBytesOf(text.length);
    const bytes = buffer.write(text, start + lengthBytes, 'utf8');
    const moved = lengthBytesOf(bytes) - lengthBytes;
    if (moved > 0) {
      const from = start + lengthBytes;
      buffer.copyWithin(from + moved, from, from + bytes);
    }
    this.length = writeLength(buffer, start, bytes) + bytes;
  }

  /** A number as VarUInt. */
  count(count: number): void {
    this.#reserve(mostLengthBytes);
    this.length = writeLength(this.#buffer, this.length, count);
  }

  uint64(value: number): void {
    this.#reserve(8);
    this.length = this.#buffer.writeBigUInt64LE(BigInt(value), this.length);
  }

  append(bytes: Uint8Array): void {
    this.#reserve(bytes.byteLength);
    this.#buffer.set(bytes, this.length);
    this.length += bytes.byteLength;
  }

  #reserve(bytes: number): void {
    const needed = this.length + bytes;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.length);
    this.#buffer = larger;
  }
}

/** Lengths stay below 2^32, in groups of seven bits. */
const mostLengthBytes = 5;

function lengthBytesOf(length: number): number {
  if (length < 0x80) return 1;
  if (length < 0x4000) return 2;
  if (length < 0x20_0000) return 3;
  return length < 0x1000_0000 ? 4 : mostLengthBytes;
}

function writeLength(buffer: Buffer, at: number, length: number): number {
  let rest = length;
  let next = at;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) buffer[next++] = (rest % 0x80) | 0x80;
  buffer[next++] = rest;
  return next;
}
