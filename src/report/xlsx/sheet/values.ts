import type { KnownDeflate } from '../../deflate/known-deflate.ts';

const encoder = new TextEncoder();
const markup = new Map([...'&<>'].map((c, i) => [c.charCodeAt(0), encoder.encode(['&amp;', '&lt;', '&gt;'][i]!)]));
const isMarkup = Uint8Array.from({ length: 256 }, (_, byte) => (markup.has(byte) ? 1 : 0));

/** Writes UTF-8 text as XML character data; returns its length, at most five times that of the text. */
export function escapeMarkup(bytes: Uint8Array, start: number, end: number, into: Uint8Array, at: number): number {
  let to = at;
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    if (isMarkup[byte] === 0) into[to++] = byte;
    else for (const part of markup.get(byte)!) into[to++] = part;
  }
  return to - at;
}

/** The same, four bytes at a time up to the first markup character; `source` is a view of `bytes`. */
export function copyPlain(source: DataView, bytes: Uint8Array, start: number, end: number, into: KnownDeflate): number {
  const { view, at } = into;
  let i = start;
  for (; i + 4 <= end; i += 4) {
    const four = source.getInt32(i, true);
    // A zero byte shows in its high bit after the subtraction: `&` is 26; `<` and `>` are 3C and 3E, one bit apart.
    const ampersand = four ^ 0x26262626;
    const angle = (four & ~0x02020202) ^ 0x3c3c3c3c;
    if ((((ampersand - 0x01010101) & ~ampersand) | ((angle - 0x01010101) & ~angle)) & 0x80808080) break;
    view.setInt32(at + i - start, four, true);
  }
  return i - start + escapeMarkup(bytes, i, end, into.text, at + i - start);
}

/**
 * Writes a time as days since 1899-12-30 with ten decimals, rounded up by less than 9 µs: readers that round and readers
 * that truncate find the same millisecond. Whole numbers throughout, because 10^10 / 86,400,000 is 3125 / 27. Returns
 * the length.
 */
export function putSerial(ms: number, into: Uint8Array, at: number): number {
  const day = Math.floor(ms / 86_400_000);
  const serial = day + 25_569;
  const fraction = Math.floor(((ms - day * 86_400_000) * 3125 + 26) / 27);
  let length = 12;
  for (let rest = serial; rest >= 10; rest /= 10) length++;
  const point = at + length - 11;
  // In two halves that fit into 32 bits.
  const high = Math.floor(fraction / 100_000);
  putDigits(serial, into, at, point);
  into[point] = 46;
  putDigits(high, into, point + 1, point + 6);
  putDigits(fraction - high * 100_000, into, point + 6, point + 11);
  return length;
}

function putDigits(value: number, into: Uint8Array, from: number, to: number): void {
  let rest = value;
  for (let i = to - 1; i >= from; i--) {
    const tenth = (rest / 10) | 0;
    into[i] = 48 + rest - tenth * 10;
    rest = tenth;
  }
}

/** A row number kept as digits, so that counting up changes one digit and writing it needs no conversion. */
export class RowNumber {
  readonly digits = new Uint8Array(8);
  length = 0;

  constructor(first: number) {
    for (const digit of String(first)) this.digits[this.length++] = digit.charCodeAt(0);
  }

  next(): void {
    const { digits } = this;
    let i = this.length - 1;
    for (; i >= 0 && digits[i] === 57; i--) digits[i] = 48;
    if (i >= 0) digits[i]!++;
    else digits.copyWithin(1, 0, this.length++).fill(49, 0, 1);
  }
}
