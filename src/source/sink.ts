/** Where a reader of files puts what it finds, in file order. `line` is where it starts, from 1. */
export type Sink = {
  /** One record's JSON text, as its bytes. */
  readonly record: (json: Buffer, line: number) => void;
  /** One row of an export under its columns' names; `written` gives its own text. */
  readonly row: (row: Readonly<Record<string, string>>, line: number, written: () => string) => void;
  /** Text that is no record. */
  readonly broken: (text: string, line: number, reason: string) => void;
  /** A list of records was opened, be it empty: the file is understood. */
  readonly list: () => void;
};

/** A file of records being read: bytes as they come, then the end, with what broke it off if anything did. */
export type Reader = {
  readonly push: (bytes: Buffer) => void;
  readonly end: (broken: string | null) => void;
};

/** Less than the least `recordBytes`, so that as much is at hand however the file comes. */
const shownBytes = 1000;

/** The beginning of what was too long to keep, saying so. */
export function shortened(head: Buffer): string {
  return `${head.toString('utf8', 0, shownBytes).replace(/\ufffd$/, '')} … (cut here)`;
}

export function tooLong(recordBytes: number): string {
  return `The record is longer than ${recordBytes} bytes; expected a shorter one, or raise TRAILPORT_RECORD_BYTES.`;
}

/** Replacing what is no UTF-8 would make two ids one without a word. */
export const noUtf8 = 'The record is not UTF-8 text; expected UTF-8, or UTF-16 with a byte order mark.';
