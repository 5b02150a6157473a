import type { Window } from '../window.ts';
import { CLOSE_LIST, COLON, COMMA, NEWLINE, OPEN_LIST, OPEN_OBJECT, separates } from './bytes.ts';

/** How a file is laid out: one value a line, or values of any number of lines; unknown until the first one has been read. */
export type Layout = 'unknown' | 'lines' | 'document';

/**
 * The layout after a line break between records: a file is NDJSON when its first value ended on the line it began on, and
 * a document when a list goes on.
 */
export function layoutAfterLine(layout: Layout, inList: boolean, valueSeen: boolean): Layout {
  if (layout !== 'unknown') return layout;
  if (inList) return 'document';
  return valueSeen ? 'lines' : 'unknown';
}

export const cutLine = 'The line ends before its JSON does; expected one whole JSON object a line.';
export const cutFile = 'The file ends before the JSON does; send the whole file again.';

/** The line from `at` on, without the white space and separators at its end; null while its end is not read. */
export function restOfLine(window: Window, at: number): Buffer | null {
  let end = window.lineEndFrom(at);
  if (end < 0) return null;
  while (separates[window.bytes[end - 1]!] === 1) end--;
  return window.bytes.subarray(at, end);
}

/** An object begins after a colon, or in a list; elsewhere, the object before was never closed. */
export function mayOpenObject(byteBefore: number, inList: boolean): boolean {
  return byteBefore === COLON || ((byteBefore === COMMA || byteBefore === OPEN_LIST) && inList);
}

/** The reading position `at` inside something broken that began at `start`. */
export type Place = {
  readonly at: number;
  readonly start: number;
  readonly layout: Layout;
  readonly inList: boolean;
  /** A bare word or number, not a broken record. */
  readonly bare: boolean;
};

/**
 * Whether a record may begin again here: at the next line; in a file that is not one value a line, at an object at the
 * margin; in a list, at an object after a comma.
 */
export function resumes(window: Window, { at, start, layout, inList, bare }: Place): boolean {
  const byte = window.bytes[at];
  if (byte === NEWLINE && (layout === 'lines' || (layout === 'unknown' && !inList))) return true;
  if (!inList) return byte === OPEN_OBJECT && at > start && window.bytes[at - 1] === NEWLINE;
  if (bare && (byte === COMMA || byte === CLOSE_LIST)) return true;
  return byte === OPEN_OBJECT && window.byteBefore(at, start) === COMMA;
}

/**
 * The end of the first line of a first value that broke, when a later line begins with an object: then the file is one
 * value a line and that line alone is bad. Null otherwise. `read` ends at the reading position, not at
 * the end of the buffer: the answer must not depend on how the file is split into pieces.
 */
export function brokenLineEnd(read: Buffer): number | null {
  const lineEnd = read.indexOf(NEWLINE);
  return lineEnd >= 0 && read.includes('\n{') ? lineEnd : null;
}
