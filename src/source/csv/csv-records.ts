import { isUtf8 } from 'node:buffer';
import { findingsAtOnce, noUtf8, type Reader, type Sink, shortened, tooLong } from '../sink.ts';
import { Window } from '../window.ts';
import { plainCells } from './plain-row.ts';
import {
  cellsOfRow,
  endsInCr,
  hasRowBelow,
  headerIn,
  isBlankRow,
  isEmptyRow,
  isOutsideTable,
  misfit,
  rowsOf,
  saysNothing,
  type Table,
  tableIn,
} from './table.ts';

type Row = { readonly start: number; readonly end: number; readonly line: number };

const mostRowsAtOnce = 200;
/** A longer line is not read as a header: detection does not look at more of a file either. */
const longestHeader = 64 * 1024;
const NEWLINE = 0x0a;
const QUOTE = 0x22;

const bareCr = 'Rows end in CR alone here; expected CRLF or LF after each.';
const openQuote = 'A quote of this row is never closed; expected one row of the export.';

/**
 * Finds the rows of a table with their lines, and lets csv-parse read their cells: many rows at once, one by one after
 * a fault, so that a broken row is one reject. A quote that is never closed would include everything after it; so when
 * a row of several lines cannot be read, only its first line is rejected, and reading continues with the next line.
 *
 * Another header begins another table: exports are joined with `cat`, also those of other layouts.
 */
export class CsvRecords implements Reader {
  readonly #sink: Sink;
  readonly #recordBytes: number;
  readonly #window = new Window();
  #table: Table;
  /** Lines above the first header are not rows. */
  #headerSeen = false;
  #at = 0;
  #line = 1;
  #start = 0;
  #startLine = 1;
  #quoted = false;
  #longHead: string | null = null;
  #ending: { readonly broken: string | null } | null = null;
  #finished = false;
  /** How many rows are read at once: few after a fault, so that what follows a fault is not read many times. */
  #rowsAtOnce = 1;

  constructor(sink: Sink, table: Table, recordBytes: number) {
    this.#sink = sink;
    this.#table = table;
    this.#recordBytes = recordBytes;
  }

  push(bytes: Buffer): void {
    const from = this.#start;
    this.#window.slide(from, bytes);
    this.#at -= from;
    this.#start = 0;
    this.resume();
  }

  end(broken: string | null): void {
    this.#ending = { broken };
    this.resume();
  }

  resume(): boolean {
    const isDone = this.#at >= this.#window.end;
    if (!isDone) this.#read();
    if (this.#at < this.#window.end) return true;
    if (this.#ending !== null) return this.#finish(this.#ending.broken);
    // Of a row that is too long, only its head is kept.
    if (this.#longHead !== null) this.#start = this.#at;
    return !isDone;
  }

  /** Takes what is left at the end, once; true when a quote that is never closed sent it back. */
  #finish(broken: string | null): boolean {
    if (this.#finished) return false;
    const rest = this.#rest();
    if (broken === null && this.#quoted && this.#longHead === null && this.#rescued(rest)) return true;
    this.#finished = true;
    if (broken !== null) this.#sink.broken(this.#text(rest), this.#startLine, broken);
    else if (this.#longHead !== null || (rest.start < rest.end && !this.#quoted)) this.#take([rest]);
    else if (this.#quoted) this.#sink.broken(this.#text(rest), this.#startLine, openQuote);
    return false;
  }

  #rest(): Row {
    return { start: this.#start, end: this.#window.end, line: this.#startLine };
  }

  #read(): void {
    for (let left = findingsAtOnce; left > 0 && this.#at < this.#window.end; left -= this.#rowsAtOnce) {
      if (this.#tookPlainRow()) continue;
      const rows: Row[] = [];
      while (this.#at < this.#window.end && rows.length < this.#rowsAtOnce && !this.#isTooLong()) {
        const byte = this.#window.bytes[this.#at++]!;
        if (byte === QUOTE) this.#quoted = !this.#quoted;
        if (byte !== NEWLINE) continue;
        this.#line++;
        if (this.#quoted) continue;
        if (this.#longHead !== null || !isBlankRow(this.#window.bytes, this.#start, this.#at - 1)) {
          rows.push({ start: this.#start, end: this.#at - 1, line: this.#startLine });
        }
        this.#start = this.#at;
        this.#startLine = this.#line;
      }
      if (rows.length > 0) this.#take(rows);
      else if (this.#isTooLong()) this.#letGo();
    }
  }

  /** Judged at this very byte, so that it does not matter in which pieces the file comes. */
  #isTooLong(): boolean {
    return this.#longHead === null && this.#at - this.#start > this.#recordBytes;
  }

  /** Whether the line that begins here was taken as one row. A text that is something else is looked at twice at most. */
  #tookPlainRow(): boolean {
    if (this.#quoted || this.#longHead !== null || this.#at !== this.#start || !this.#sink.allUtf8()) return false;
    const { bytes } = this.#window;
    const lineEnd = this.#window.lineEndFrom(this.#at);
    if (lineEnd < 0 || lineEnd - this.#at > this.#recordBytes) return false;
    const row = { start: this.#at, end: lineEnd, line: this.#line };
    // A quote alone looks blank and may begin a row of several lines.
    const cells = isBlankRow(bytes, row.start, lineEnd) ? null : plainCells(bytes, row.start, lineEnd, this.#table);
    if (cells === null) return false;
    this.#at = lineEnd + 1;
    this.#start = this.#at;
    this.#startLine = ++this.#line;
    // After the next row that is not taken here, this is tried again.
    this.#rowsAtOnce = 1;
    this.#put(cells, row);
    return true;
  }

  /** Reads whole rows. When one of them turns out to be several, the reading goes on after its first line. */
  #take(rows: readonly Row[]): void {
    const long = this.#longHead !== null || rows.some((row) => row.end - row.start > this.#recordBytes);
    const all = { start: rows[0]!.start, end: rows.at(-1)!.end, line: rows[0]!.line };
    const together = rows.length > 1 && !long && this.#isUtf8(all);
    const cells = together ? rowsOf(this.#textBetween(all), this.#table.delimiter) : null;
    if (cells?.length === rows.length && cells.every((row) => row.length === this.#table.columns.length)) {
      for (const [i, row] of rows.entries()) this.#put(cells[i]!, row);
      this.#rowsAtOnce = Math.min(this.#rowsAtOnce * 2, mostRowsAtOnce);
      return;
    }
    this.#rowsAtOnce = rows.length === 1 ? 2 : 1;
    for (const row of rows) if (!this.#takeOne(row)) return;
  }

  /** False when the reading was set back into this row. */
  #takeOne(row: Row): boolean {
    const text = this.#text(row);
    if (this.#longHead !== null || row.end - row.start > this.#recordBytes) {
      this.#longHead = null;
      this.#sink.broken(text, row.line, tooLong(this.#recordBytes));
      return true;
    }
    if (isOutsideTable(text)) return true;
    const cells = cellsOfRow(text, this.#table);
    if (cells?.length === this.#table.columns.length) {
      if (this.#isUtf8(row)) this.#put(cells, row);
      else this.#sink.broken(text, row.line, noUtf8);
      return true;
    }
    const table = text.length <= longestHeader ? tableIn(text) : null;
    if (table !== null) return this.#begin(table);
    if (cells !== null && isEmptyRow(cells)) return true;
    if (endsInCr(text, this.#table)) {
      this.#sink.broken(text, row.line, bareCr);
      return true;
    }
    if (this.#rescued(row)) return false;
    this.#sink.broken(text, row.line, misfit(cells, this.#table));
    return true;
  }

  #begin(table: Table): true {
    this.#table = table;
    this.#headerSeen = true;
    return true;
  }

  #put(cells: readonly string[], at: Row): void {
    const { kind, columns, delimiter } = this.#table;
    const table = headerIn(cells, delimiter);
    if (table !== null) this.#begin(table);
    if (table !== null || !this.#headerSeen || saysNothing(cells, delimiter)) return;
    const row: Record<string, string> = {};
    for (const [i, column] of columns.entries()) row[column] ||= cells[i]!;
    this.#sink.row({ kind, cells: row }, at.line, () => this.#textBetween(at));
  }

  /** Sets the reading back to the second line of a row that has several; its first line is what is broken. */
  #rescued(row: Row): boolean {
    const lineEnd = this.#window.bytes.subarray(row.start, row.end).indexOf(NEWLINE);
    if (lineEnd < 0) return false;
    this.#sink.broken(this.#text({ ...row, end: row.start + lineEnd }), row.line, openQuote);
    this.#at = row.start + lineEnd + 1;
    this.#start = this.#at;
    this.#line = row.line + 1;
    this.#startLine = this.#line;
    this.#quoted = false;
    return true;
  }

  #isUtf8({ start, end }: Row): boolean {
    return isUtf8(this.#window.bytes.subarray(start, end));
  }

  #text(row: Row): string {
    if (this.#longHead !== null) return this.#longHead;
    const bytes = this.#window.bytes.subarray(row.start, row.end);
    return bytes.length > this.#recordBytes ? shortened(bytes) : this.#textBetween(row);
  }

  #textBetween({ start, end }: Row): string {
    return this.#window.bytes.toString('utf8', start, end).replace(/\r$/, '');
  }

  /**
   * A row that is longer than a record may be: one whose quote is never closed, when a good row follows inside it; else
   * only its head is kept.
   */
  #letGo(): void {
    const read = { start: this.#start, end: this.#at, line: this.#startLine };
    const bytes = this.#window.bytes.subarray(read.start, read.end);
    if (hasRowBelow(bytes, this.#table) && this.#rescued(read)) return;
    this.#longHead = shortened(bytes);
    this.#start = this.#at;
  }
}
