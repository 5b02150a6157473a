import { noPosition } from '../../deflate/known-deflate.ts';

/** What a thread needs to know about a column; plain data, because it is sent in a message. */
export type SheetColumn = {
  readonly kind: 'time' | 'text';
  /** The column's bit in `care`, set where a value is not plain; 0 for times. */
  readonly careMask: number;
};

/** Rows of the engine's answer, and the number of the first of them in its sheet. */
export type SheetRowsTask = {
  readonly columns: readonly SheetColumn[];
  readonly cutMark: string;
  /** Blocks in the engine's Native format; the task is their rows from `from` to before `to`. */
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly to: number;
  readonly firstNumber: number;
};

const encoder = new TextEncoder();

/** Opens a row, up to its number. */
export const rowOpen = encoder.encode('<row r="');

/** A column while its cells are written: the markup after a value, and the last position of everything that repeats. */
export class WrittenColumn {
  /** A boolean, because comparing `kind` for each cell compares its characters: it came in a message. */
  readonly isTime: boolean;
  readonly careMask: number;
  /** The markup after a text, after a time and after the reference of an empty cell, up to the next cell's number. */
  readonly textTail: Uint8Array;
  readonly timeTail: Uint8Array;
  readonly emptyTail: Uint8Array;
  textTailPosition = noPosition;
  timeTailPosition = noPosition;
  emptyTailPosition = noPosition;
  /** The last time's position. */
  valuePosition = noPosition;
  readonly dictionary = new Dictionary();
  /** Searches in a row that found nothing. */
  failedSearches = 0;
  /** The next values that are written without a search. */
  searchesToSkip = 0;

  constructor({ kind, careMask }: SheetColumn, following: string) {
    this.isTime = kind === 'time';
    this.careMask = careMask;
    this.textTail = encoder.encode(`</t></is></c>${following}`);
    this.timeTail = encoder.encode(`</v></c>${following}`);
    this.emptyTail = encoder.encode(`"/>${following}`);
  }
}

/** The texts of one block's dictionary as they are written, each with its tail, and the last position of each. */
export class Dictionary {
  pieces = new Uint8Array(1 << 12);
  view = new DataView(this.pieces.buffer);
  used = 0;
  starts = new Int32Array(0);
  lengths = new Int32Array(0);
  positions = new Int32Array(0);

  reset(keys: number): void {
    this.used = 0;
    if (this.starts.length < keys) {
      this.starts = new Int32Array(keys);
      this.lengths = new Int32Array(keys);
      this.positions = new Int32Array(keys);
    }
    this.starts.fill(-1, 0, keys);
    this.positions.fill(noPosition, 0, keys);
  }

  /** Makes room for `bytes` more bytes; readers take eight at a time and may read past the end. */
  reserve(bytes: number): void {
    const needed = this.used + bytes + 16;
    if (needed <= this.pieces.length) return;
    const pieces = new Uint8Array(needed * 2);
    pieces.set(this.pieces.subarray(0, this.used));
    this.pieces = pieces;
    this.view = new DataView(pieces.buffer);
  }
}
