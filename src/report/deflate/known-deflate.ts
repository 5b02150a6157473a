import { crc32 } from 'node:zlib';
import type { DeflatedBlock } from './deflate.ts';
import { TokenBlocks } from './token-blocks.ts';

/** How far back a match may reach (RFC 1951, 2). */
export const windowBytes = 32_768;
const longestMatch = 258;
const shortestMatch = 4;

/** Text for one set of codes. With the tokens and the output it stays in the processor's cache: 2 MiB were 5 % slower. */
const blockBytes = 2 ** 20;
/** Copies of eight bytes at a time run over their end. */
const slackBytes = 16;
const hashBits = 15;

/**
 * Writes deflate (RFC 1951) of text whose writer says where it stood before: looking for repeats is most of what a
 * deflater does, and who writes the rows of a table knows nearly all of them. Places are offsets in the stream.
 */
export class KnownDeflate {
  /** The text not yet forgotten: the next byte goes to `text[at]`, and `text[0]` is at the place `base`. */
  text = new Uint8Array(blockBytes * 1.25);
  view = new DataView(this.text.buffer);
  at = 0;
  base = 0;
  #tokens = new Int32Array(this.text.length >> 1);
  #tokenCount = 0;
  #literals = 0;
  /** Where the text of the open block begins. */
  #from = 0;
  readonly #blocks = new TokenBlocks();
  #textBytes = 0;
  #crc = 0;
  /** Where four bytes stood last, by their hash. */
  readonly #places = new Int32Array(1 << hashBits).fill(-2 * windowBytes);

  /** Makes room for so many bytes more. */
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

  /** Puts bytes, less `cut` at their end, that stood at `place` last; answers with where they stand now. */
  put(bytes: Uint8Array, place: number, cut: number): number {
    const { text, at, base } = this;
    const here = base + at;
    const length = bytes.length - cut;
    if (length >= 3 && here - place <= windowBytes) {
      this.repeat(length, place);
      return here;
    }
    for (let i = 0; i < length; i++) text[at + i] = bytes[i]!;
    this.at = at + length;
    this.literal(length);
    return here;
  }

  /** Puts again what stands at `place`, which is within the window and not less than 8 bytes before. */
  repeat(length: number, place: number): void {
    const { view, at, base } = this;
    const from = place - base;
    // Eight bytes at a time, three times as fast as one by one, and over the end into what is written next.
    for (let i = 0; i < length; i += 8) view.setBigInt64(at + i, view.getBigInt64(from + i, true), true);
    this.at = at + length;
    this.match(length, at - from);
  }

  /** Tells of `length` bytes at `at`, which begin like those at `place`; answers with where they stand. */
  tellBeginning(length: number, place: number): number {
    const { text, at, base } = this;
    const here = base + at;
    let same = 0;
    if (here - place <= windowBytes) while (same < length && text[place - base + same] === text[at + same]) same++;
    this.at = at + length;
    if (same >= 3) this.match(same, here - place);
    this.literal(same >= 3 ? length - same : length);
    return here;
  }

  /** The next `length` bytes stand for themselves. Bytes are put before or after they are told of. */
  literal(length: number): void {
    this.#literals += length;
  }

  /** The next `length` bytes, at least 3, stand `distance` bytes before, too. */
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

  /** The last `length` bytes may have stood anywhere: they are looked for. Answers with how many were found. */
  search(length: number): number {
    const { text, view, base, at: end } = this;
    const places = this.#places;
    let from = end - length;
    let found = 0;
    let misses = 0;
    for (let i = from; i <= end - 4; ) {
      const four = view.getInt32(i, true);
      const slot = Math.imul(four, 0x9e3779b1) >>> (32 - hashBits);
      const source = places[slot]! - base;
      places[slot] = i + base;
      if (source < 0 || i - source > windowBytes || view.getInt32(source, true) !== four) {
        // The longer nothing is found, the fewer places are looked at (as LZ4 does).
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

  /** All bytes that were put are told of, and there may be enough of them for a block. */
  pause(): void {
    if (this.at - this.#from < blockBytes) return;
    this.#writeBlock();
    const forgotten = Math.max(0, this.at - windowBytes);
    this.text.copyWithin(0, forgotten, this.at);
    this.base += forgotten;
    this.at -= forgotten;
    this.#from = this.at;
  }

  /** Ends on a whole byte with an empty stored block (RFC 1951, 3.2.4), so that another stream may follow, and begins anew. */
  end(): DeflatedBlock {
    if (this.at > this.#from) this.#writeBlock();
    const block = { deflated: this.#blocks.end(), textBytes: this.#textBytes, crc: this.#crc };
    this.#textBytes = 0;
    this.#crc = 0;
    // The next stream's places are out of reach for this one's; long before 2^31 they begin at 0 again.
    this.base += this.at + 2 * windowBytes;
    if (this.base > 2 ** 30) {
      this.base = 0;
      this.#places.fill(-2 * windowBytes);
    }
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
