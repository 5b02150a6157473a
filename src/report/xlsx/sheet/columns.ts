/** What a thread has to know to write a sheet's rows; plain data, for it goes there in a message. */
export type SheetColumn = {
  readonly kind: 'time' | 'text';
  /** Its bit in `care`: the value is not plain. Times have none. */
  readonly careMask: number;
};

/** Some rows of the engine's answer and the number of the first in its sheet. */
export type SheetRowsTask = {
  readonly columns: readonly SheetColumn[];
  readonly cutMark: string;
  /** Blocks in the engine's Native format; of their rows those from `from` on, before `to`. */
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly to: number;
  readonly firstNumber: number;
};

/** Before everything: longer ago than any window. */
export const never = -(2 ** 30);

const encoder = new TextEncoder();

/** What stands between two rows and begins the next. */
export const rowOpen = encoder.encode('<row r="');

/** A column while its cells are written: what follows a value, where that stood last, and its values seen before. */
export class WrittenColumn {
  readonly kind: SheetColumn['kind'];
  readonly careMask: number;
  /** What follows a cell of text, of a time and an empty one, up to the next cell's number. */
  readonly textTail: Uint8Array;
  readonly timeTail: Uint8Array;
  readonly emptyTail: Uint8Array;
  textTailAt = never;
  timeTailAt = never;
  emptyTailAt = never;
  /** Where its last time stands. */
  valueAt = never;
  readonly dictionary = new Dictionary();
  /** So many values found nothing when searched, and so many more are not searched at all. */
  barren = 0;
  unsearched = 0;

  constructor({ kind, careMask }: SheetColumn, following: string) {
    this.kind = kind;
    this.careMask = careMask;
    this.textTail = encoder.encode(`</t></is></c>${following}`);
    this.timeTail = encoder.encode(`</v></c>${following}`);
    this.emptyTail = encoder.encode(`"/>${following}`);
  }
}

/** The texts of one block's dictionary as they are written, tail and all, and where each stood last. */
export class Dictionary {
  pieces = new Uint8Array(1 << 12);
  view = new DataView(this.pieces.buffer);
  used = 0;
  starts = new Int32Array(0);
  lengths = new Int32Array(0);
  places = new Int32Array(0);

  reset(keys: number): void {
    this.used = 0;
    if (this.starts.length < keys) {
      this.starts = new Int32Array(keys);
      this.lengths = new Int32Array(keys);
      this.places = new Int32Array(keys);
    }
    this.starts.fill(-1, 0, keys);
    this.places.fill(never, 0, keys);
  }

  /** Makes room for so many bytes more; what reads eight at a time runs over the end. */
  reserve(bytes: number): void {
    const needed = this.used + bytes + 16;
    if (needed <= this.pieces.length) return;
    const pieces = new Uint8Array(needed * 2);
    pieces.set(this.pieces.subarray(0, this.used));
    this.pieces = pieces;
    this.view = new DataView(pieces.buffer);
  }
}
