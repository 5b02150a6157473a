import { BACKSLASH, decides, NEWLINE, QUOTE } from './bytes.ts';

/** By byte: 1 for those that matter inside a string. */
const inString = new Uint8Array(256);
for (const byte of [NEWLINE, QUOTE, BACKSLASH]) inString[byte] = 1;

/** Where the strings of a record begin and end while its bytes are passed. */
export class Strings {
  /** Whether the reading position is inside a string. */
  inside = false;

  /**
   * The index of the next byte that decides how a record goes on: a bracket or a line break outside strings, a line break
   * inside one, the end of a string that is in no bracket. `end` or one more where there is none.
   */
  next(bytes: Buffer, from: number, end: number, depth: number): number {
    let inside = this.inside;
    let at = from;
    for (; at < end; at++) {
      const stops = inside ? inString : decides;
      while (at < end && stops[bytes[at]!] === 0) at++;
      if (at >= end) break;
      const byte = bytes[at]!;
      if (byte === BACKSLASH) {
        // What follows it is part of the string, whatever it is.
        if (inside) at++;
        continue;
      }
      if (byte === QUOTE) inside = !inside;
      if (byte !== QUOTE || (depth === 0 && !inside)) break;
    }
    this.inside = inside;
    return at;
  }
}
