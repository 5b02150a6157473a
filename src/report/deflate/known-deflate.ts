import { crc32 } from 'node:zlib';
import type { DeflatedBlock } from './deflate.ts';
import { TokenBlocks } from './token-blocks.ts';

/** The longest distance of a match (RFC 1951 §3.2.5). */
export const windowBytes = 32_768;
const longestMatch = 258;
const shortestMatch = 4;

/** The text of one deflate block. Text, tokens and output then fit into the processor's cache: 2 MiB were 5 % slower. */
const blockBytes = 2 ** 20;
/** Copies move eight bytes at a time and may write past their end. */
const slackBytes = 16;
const hashBits = 15;

/** Positions are kept in 32 bits; a stream of more text than this is refused. */
export const mostTextBytes = 2 ** 30;

/** A position before every stream, out of reach of every window. */
export const noPosition = -(2 ** 30);

/**
 * Deflates (RFC 1951) text whose writer knows where it repeats. Most of the work of a deflater is the search for
 * matches, and the writer of a table's rows knows nearly all of them. A position is an offset in the stream's text.
 *
 * After an exception the state is undefined: throw the object away, or the next stream begins with the rest of this one.
 */
export class KnownDeflate {
  /** The window and the open block: the next byte goes to `text[at]`, and `text[0]` has the position `base`. */
  text = new Uint8Array(blockBytes * 1.25);
  view = new DataView(this.text.buffer);
  at = 0;
  base = 0;
  #tokens = new Int32Array(this.text.length >> 1);
  #tokenCount = 0;
  /** Literals since the last token. */
  #literals = 0;
  /** Start of the open block in `text`. */
  #from = 0;
  readonly #blocks = new TokenBlocks();
  #textBytes = 0;
  #crc = 0;
  /** The last position of four bytes, by their hash. */
  readonly #positions = new Int32Array(1 << hashBits).fill(noPosition);

  /** Makes room for `bytes` more bytes. */
  reserve(bytes: number): void {
    const needed = this.at + bytes + slackBytes;
    if (needed <= this.text.length) return;
    const text = new Uint8Array(needed * 2);
    text.set(this.text.subarray(0, this.at));
    const tokens = new Int32Array(text.length >> 1);
    tokens.set(this.#tokens.subarray(0, this.#tokenCount));
    this.text = text;
    this.view = new DataView(text.buffer);
    this.#tokens = tokens;
  }

  /** Appends `bytes` without the last `cut`, which were last written at `position`; returns their new position. */
  put(bytes: Uint8Array, position: number, cut: number): number {
    const { text, at, base } = this;
    const here = base + at;
    const length = bytes.length - cut;
    if (length >= 3 && here - position <= windowBytes) {
      this.repeat(length, position);
      return here;
    }
    for (let i = 0; i < length; i++) text[at + i] = bytes[i]!;
    this.at = at + length;
    this.literal(length);
    return here;
  }

  /** Appends `length` bytes (at least 3) from `position` on. They end before `at`, and `position` is in the window. */
  repeat(length: number, position: number): void {
    const { view, at, base } = this;
    const from = position - base;
    // Eight bytes at a time are three times as fast as one; bytes past the end are overwritten by the next text.
    for (let i = 0; i < length; i += 8) view.setBigInt64(at + i, view.getBigInt64(from + i, true), true);
    this.at = at + length;
    this.match(length, at - from);
  }

  /** Emits the `length` bytes at `at`: a match as far as they repeat those at `position`, literals after it. */
  matchPrefix(length: number, position: number): number {
    const { text, at, base } = this;
    const here = base + at;
    let same = 0;
    if (here - position <= windowBytes) {
      while (same < length && text[position - base + same] === text[at + same]) same++;
    }
    this.at = at + length;
    if (same >= 3) this.match(same, here - position);
    this.literal(same >= 3 ? length - same : length);
    return here;
  }

  /** Emits `length` literals. Their bytes may be written to `text` before or after. */
  literal(length: number): void {
    this.#literals += length;
  }

  /** Emits matches for `length` bytes, at least 3, that repeat those `distance` bytes before. */
  match(length: number, distance: number): void {
    if (this.#literals > 0) this.#tokens[this.#tokenCount++] = -this.#literals;
    this.#literals = 0;
    let rest = length;
    while (rest > longestMatch) {
      const part = Math.min(longestMatch, rest - shortestMatch);
      this.#tokens[this.#tokenCount++] = (part << 16) | (distance - 1);
      rest -= part;
    }
    this.#tokens[this.#tokenCount++] = (rest << 16) | (distance - 1);
  }

  /** Searches the window for the last `length` bytes and emits them; returns how many bytes are in matches. */
  search(length: number): number {
    const { text, view, base, at: end } = this;
    const positions = this.#positions;
    let from = end - length;
    let found = 0;
    let misses = 0;
    for (let i = from; i <= end - 4; ) {
      const four = view.getInt32(i, true);
      const slot = Math.imul(four, 0x9e3779b1) >>> (32 - hashBits);
      const source = positions[slot]! - base;
      positions[slot] = i + base;
      if (source < 0 || i - source > windowBytes || view.getInt32(source, true) !== four) {
        // The longer the search fails, the fewer bytes are tried (as in LZ4).
        i += 1 + (misses++ >> 4);
        continue;
      }
      let same = 4;
      while (i + same + 4 <= end && view.getInt32(source + same, true) === view.getInt32(i + same, true)) same += 4;
      while (i + same < end && text[source + same] === text[i + same]) same++;
      this.literal(i - from);
      this.match(same, i - source);
      i += same;
      from = i;
      found += same;
      misses = 0;
    }
    this.literal(end - from);
    return found;
  }

  /** Writes a block when there is text for one. Every byte in `text` must have been emitted. */
  pause(): void {
    if (this.at - this.#from < blockBytes) return;
    if (this.base > mostTextBytes) throw new RangeError('A stream of more than 1 GiB of text must be split.');
    this.#writeBlock();
    const dropped = Math.max(0, this.at - windowBytes);
    this.text.copyWithin(0, dropped, this.at);
    this.base += dropped;
    this.at -= dropped;
    this.#from = this.at;
  }

  /**
   * Ends the stream on a byte boundary with an empty stored block (RFC 1951 §3.2.4), so that another stream may follow
   * it, and starts a new stream.
   */
  end(): DeflatedBlock {
    if (this.at > this.#from) this.#writeBlock();
    const block = { deflated: this.#blocks.end(), textBytes: this.#textBytes, crc: this.#crc };
    this.#textBytes = 0;
    this.#crc = 0;
    // The next stream must not match text of this one.
    this.#positions.fill(noPosition);
    this.base = 0;
    this.at = 0;
    this.#from = 0;
    return block;
  }

  #writeBlock(): void {
    const text = this.text.subarray(this.#from, this.at);
    this.#crc = crc32(text, this.#crc);
    this.#textBytes += text.length;
    if (this.#literals > 0) this.#tokens[this.#tokenCount++] = -this.#literals;
    this.#literals = 0;
    this.#blocks.add(text, this.#tokens, this.#tokenCount);
    this.#tokenCount = 0;
  }
}
