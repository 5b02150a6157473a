import { Failure } from '../domain/failure.ts';

/** What of a file is asked for: `start` is inside, `end` is not. */
export type Part = { readonly whole: boolean; readonly start: number; readonly end: number };

/**
 * RFC 9110 §14.2: a range that is not understood, several ranges, and a range of something else than `If-Range` names
 * are answered with the whole. Throws `range_invalid` when a single good range lies outside of the file.
 */
export function partFor(range: string | undefined, ifRange: string | undefined, bytes: number, etag: string): Part {
  const whole: Part = { whole: true, start: 0, end: bytes };
  // §13.1.5: strong comparison. A date never matches, because no Last-Modified is ever sent.
  if (range === undefined || (ifRange !== undefined && ifRange.trim() !== etag)) return whole;
  const single = /^\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(range);
  const [first, last] = [single?.[1] ?? '', single?.[2] ?? ''];
  if (first === '' && last === '') return whole;
  if (first !== '' && last !== '' && Number(last) < Number(first)) return whole;
  const start = first === '' ? Math.max(0, bytes - Number(last)) : Number(first);
  const end = first === '' || last === '' ? bytes : Math.min(Number(last) + 1, bytes);
  if (start >= bytes) {
    const message = `Range must begin inside the file, which has ${bytes} bytes; ask for a smaller offset.`;
    throw new Failure('range_invalid', message, { facts: { bytes } });
  }
  return { whole: false, start, end };
}
