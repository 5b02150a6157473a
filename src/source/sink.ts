/** Where a reader of files puts what it finds, in file order. `line` is where it starts, from 1. */
export type Sink = {
  /** One record's JSON text, as its bytes. */
  readonly record: (json: Buffer, line: number) => void;
  /**
   * A whole line that begins with an object. False, and nothing is taken, unless all of it is one record: then the reader
   * has to look at its bytes.
   */
  readonly wholeLine: (json: Buffer, line: number) => boolean;
  /**
   * One row of a table under its columns' names; `written` gives the row's own text until the next bytes are pushed.
   */
  readonly row: (row: TableRow, line: number, written: () => string) => void;
  /** Text that is not a record; without a reason, the reason is its fault as JSON. */
  readonly broken: (text: string, line: number, reason?: string) => void;
  /** Whether everything that was read so far is UTF-8. */
  readonly allUtf8: () => boolean;
  /** A list was opened: when it is empty, the file is understood. */
  readonly list: () => void;
  /** A table's header was found: the file is understood, whatever its rows are. */
  readonly table: () => void;
};

/** A table's kind by its header: rows with an AuditData column, or records flattened to columns. */
export type TableKind = 'audit data' | 'flat';

export type TableRow = { readonly kind: TableKind; readonly cells: Readonly<Record<string, string>> };

/**
 * A file of records being read: bytes as they come, then the end, with what broke it off if anything did. Each does a
 * limited part of the work; `resume` does the next part and says whether there was one.
 */
export type Reader = {
  readonly push: (bytes: Buffer) => void;
  readonly end: (broken: string | null) => void;
  readonly resume: () => boolean;
};

/** The most findings of one part of the work: a text full of faults has one for each byte. */
export const findingsAtOnce = 2000;

/** Less than the least `recordBytes`, so that it does not depend on how the file is split into pieces. */
const shownBytes = 1000;

/** The beginning of a text that is too long to keep, with a mark. */
export function shortened(head: Buffer): string {
  return `${head.toString('utf8', 0, shownBytes).replace(/\ufffd$/, '')} … (cut here)`;
}

/** A text without the white space and commas at its end; linear, which a regular expression for it is not. */
export function withoutSeparatorsAtEnd(text: string): string {
  let end = text.length;
  while (end > 0 && (text.charCodeAt(end - 1) <= 0x20 || text[end - 1] === ',')) end--;
  return text.slice(0, end);
}

export function tooLong(recordBytes: number): string {
  return `The record is longer than ${recordBytes} bytes; expected a shorter one, or raise TRAILPORT_RECORD_BYTES.`;
}

/** Such bytes would become U+FFFD, and two different ids would be stored as one. */
export const noUtf8 =
  'The record is not UTF-8 text, and the file as a whole is of no other encoding that is known; expected UTF-8.';
