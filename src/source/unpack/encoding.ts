import { isUtf8 } from 'node:buffer';

/**
 * The length of `bytes` without a character that is cut off at their end, when all before it is UTF-8; null when it is
 * not.
 */
export function utf8Prefix(bytes: Buffer): number | null {
  const whole = bytes.length - cutAtEnd(bytes);
  return isUtf8(bytes.subarray(0, whole)) ? whole : null;
}

/** How many bytes at the end may begin a character of which more bytes follow: 0 to 3. */
function cutAtEnd(bytes: Buffer): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) return 0;
    if (byte >= 0xc2 && byte <= 0xf4) return back < lengthOf(byte) ? back : 0;
    if (byte >= 0xc0) return 0;
  }
  return 0;
}

function lengthOf(lead: number): number {
  if (lead >= 0xf0) return 4;
  return lead >= 0xe0 ? 3 : 2;
}

/** By byte: 1 for the five that windows-1252 does not use. A text of another code page mostly has one of them. */
const unused = new Uint8Array(256);
for (const byte of [0x81, 0x8d, 0x8f, 0x90, 0x9d]) unused[byte] = 1;

/**
 * Whether a whole file can be windows-1252: it uses no byte that has no character there,
 * and holds no UTF-8 beyond ASCII. No text has a NUL; compressed data that was not recognised by its first bytes has.
 */
export async function isWindows1252(file: AsyncIterable<Buffer>): Promise<boolean> {
  // How many continuation bytes the current UTF-8 character still needs.
  let lacks = 0;
  for await (const piece of file) {
    for (let at = 0; at < piece.length; at++) {
      const byte = piece[at]!;
      if (byte === 0) return false;
      if (byte < 0x80) lacks = 0;
      else if (byte < 0xc0 && lacks > 0) {
        lacks--;
        if (lacks === 0) return false;
      } else {
        if (unused[byte] === 1) return false;
        lacks = byte >= 0xc2 && byte <= 0xf4 ? lengthOf(byte) - 1 : 0;
      }
    }
  }
  return true;
}
