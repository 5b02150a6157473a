import { parse } from 'range-parser';
import { Failure } from '../domain/failure.ts';

/** The part of a file that is asked for: `start` is included, `end` is not. */
export type Part = { readonly whole: boolean; readonly start: number; readonly end: number };

/** A longer `Range` is passed over. One range of the largest file has 40 characters. */
const mostCharacters = 512;

/**
 * RFC 9110 §14.2: a range that is not understood, several ranges, and a range of another file than `If-Range` names
 * are answered with the whole file. Throws `range_invalid` for one good range that lies outside of the file.
 */
export function partFor(range: string | undefined, ifRange: string | undefined, bytes: number, etag: string): Part {
  const whole: Part = { whole: true, start: 0, end: bytes };
  if (range === undefined || range.length > mostCharacters) return whole;
  // §13.1.5: strong comparison. A date never matches, because no Last-Modified is sent.
  if (ifRange !== undefined && ifRange.trim() !== etag) return whole;
  const { type, code, ranges } = parse(bytes, range);
  const [first] = ranges;
  // The bits of `code`: 1 for a range that is malformed, 2 for one that is outside.
  if (type !== 'bytes' || (code & 1) !== 0 || range.includes(',')) return whole;
  if (first === undefined) {
    const message = `Range must begin inside the file, which has ${bytes} bytes; ask for a smaller offset.`;
    throw new Failure('range_invalid', message, { facts: { bytes } });
  }
  return { whole: false, start: first.start, end: first.end + 1 };
}
