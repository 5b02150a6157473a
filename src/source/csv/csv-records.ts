import { isUtf8 } from 'node:buffer';
import { parse } from 'csv-parse/sync';
import { noUtf8, type Reader, type Sink, shortened, tooLong } from '../sink.ts';
import { Window } from '../window.ts';

type Row = { readonly start: number; readonly end: number; readonly line: number };

/** A header's columns and what stands between them. */
export type Header = { readonly columns: readonly string[]; readonly delimiter: string };

const batchRows = 200;
const NEWLINE = 0x0a;
const QUOTE = 0x22;

/** How often a broken quote may send us back, so that a hostile file costs at most this many times a record's bytes. */
const mostRescues = 1000;

const bareCr = 'Rows end in CR alone here; expected CRLF or LF after each.';
const openQuote = 'A quote of this row is never closed; expected one row of the export.';

/**
 * Finds the rows of an export with their lines, and lets csv-parse read their cells: many rows at once, one by one where
 * it finds a fault, so that a broken row is one reject. A quote that is never closed would swallow all that follows; a
 * row that cannot be read over several lines therefore loses its first line only, and the next line is tried.
 */
export class CsvRecords implements Reader {
  readonly #sink: Sink;
  readonly #header: Header;
  readonly #recordBytes: number;
  readonly #window = new Window();
  #at = 0;
  #line = 1;
  #start = 0;
  #startLine = 1;
  #quoted = false;
  #longHead: string | null = null;
  /** The header's own row is yet to come. */
  #headerSeen = false;
  #rescues = 0;

  constructor(sink: Sink, header: Header, recordBytes: number) {
    this.#sink = sink;
    this.#header = header;
    this.#recordBytes = recordBytes;
  }

  push(bytes: Buffer): void {
    const from = this.#start;
    this.#window.slide(from, bytes);
    this.#at -= from;
    this.#start = 0;
    this.#read();
    if (this.#window.end - this.#start > this.#recordBytes || this.#longHead !== null) this.#letGo();
  }

  end(broken: string | null): void {
    this.#read();
    const rest = this.#rest();
    if (broken !== null) this.#sink.broken(this.#text(rest), this.#startLine, broken);
    else if (this.#longHead !== null || (rest.start < rest.end && !this.#quoted)) this.#take([rest]);
    else if (this.#quoted && this.#rescued(rest)) this.end(null);
    else if (this.#quoted) this.#sink.broken(this.#text(rest), this.#startLine, openQuote);
  }

  #rest(): Row {
    return { start: this.#start, end: this.#window.end, line: this.#startLine };
  }

  #read(): void {
    while (this.#at < this.#window.end) {
      const rows: Row[] = [];
      while (this.#at < this.#window.end && rows.length < batchRows) {
        const byte = this.#window.bytes[this.#at++]!;
        if (byte === QUOTE) this.#quoted = !this.#quoted;
        if (byte !== NEWLINE) continue;
        this.#line++;
        if (this.#quoted) continue;
        rows.push({ start: this.#start, end: this.#at - 1, line: this.#startLine });
        this.#start = this.#at;
        this.#startLine = this.#line;
      }
      if (rows.length > 0) this.#take(rows);
    }
  }

  /** Reads whole rows. When one of them turns out to be several, the reading goes on after its first line. */
  #take(rows: readonly Row[]): void {
    const long = this.#longHead !== null || rows.some((row) => row.end - row.start > this.#recordBytes);
    const utf8 = long || isUtf8(this.#window.bytes.subarray(rows[0]!.start, rows.at(-1)!.end));
    const cells = long || !utf8 ? null : this.#cells(this.#textBetween(rows));
    if (cells?.length === rows.length && cells.every((row) => row.length === this.#header.columns.length)) {
      for (const [i, row] of rows.entries()) this.#put(cells[i]!, row);
      return;
    }
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
    if (text.trim() === '' || (!this.#headerSeen && text.startsWith('#TYPE'))) return true;
    const cells = this.#cells(text)?.[0];
    if (cells?.length === this.#header.columns.length) {
      if (!isUtf8(this.#window.bytes.subarray(row.start, row.end))) this.#sink.broken(text, row.line, noUtf8);
      else this.#put(cells, row);
      return true;
    }
    if (this.#endsInCr(text)) {
      this.#sink.broken(text, row.line, bareCr);
      return true;
    }
    if (this.#rescued(row)) return false;
    const found = cells === undefined ? 'is no CSV' : `has ${cells.length} columns`;
    this.#sink.broken(
      text,
      row.line,
      `The row ${found}; expected ${this.#header.columns.length} columns as in the header.`,
    );
    return true;
  }

  /** Whether this is several good rows with nothing but a CR between them. */
  #endsInCr(text: string): boolean {
    if (!/\r(?!\n)/.test(text)) return false;
    return this.#cells(text, ['\r'])?.every((row) => row.length === this.#header.columns.length) ?? false;
  }

  #put(cells: readonly string[], at: Row): void {
    if (!this.#headerSeen) {
      this.#headerSeen = true;
      return;
    }
    const row: Record<string, string> = {};
    for (const [i, column] of this.#header.columns.entries()) row[column] = cells[i]!;
    this.#sink.row(row, at.line, () => this.#text(at));
  }

  /** Sets the reading back to the second line of a row that has several; its first line is what is broken. */
  #rescued(row: Row): boolean {
    const bytes = this.#window.bytes.subarray(row.start, row.end);
    const lineEnd = bytes.indexOf(NEWLINE);
    if (lineEnd < 0 || this.#rescues >= mostRescues) return false;
    this.#rescues++;
    this.#sink.broken(this.#text({ ...row, end: row.start + lineEnd }), row.line, openQuote);
    this.#at = row.start + lineEnd + 1;
    this.#start = this.#at;
    this.#line = row.line + 1;
    this.#startLine = this.#line;
    this.#quoted = false;
    return true;
  }

  #cells(text: string, record_delimiter = ['\r\n', '\n']): string[][] | null {
    try {
      return parse(text, {
        delimiter: this.#header.delimiter,
        record_delimiter,
        relax_column_count: true,
      });
    } catch {
      return null;
    }
  }

  #textBetween(rows: readonly Row[]): string {
    return this.#window.bytes.toString('utf8', rows[0]!.start, rows.at(-1)!.end);
  }

  #text(row: Row): string {
    if (this.#longHead !== null) return this.#longHead;
    const bytes = this.#window.bytes.subarray(row.start, row.end);
    return bytes.length > this.#recordBytes ? shortened(bytes) : bytes.toString('utf8').replace(/\r$/, '');
  }

  /** A row longer than a record may be: one whose quote is never closed, when a good row follows inside it; else it is let go. */
  #letGo(): void {
    if (this.#longHead === null && this.#rowFollows() && this.#rescued(this.#rest())) {
      this.#read();
      return;
    }
    this.#longHead ??= shortened(this.#window.bytes.subarray(this.#start, this.#window.end));
    this.#start = this.#window.end;
  }

  #rowFollows(): boolean {
    const bytes = this.#window.bytes.subarray(this.#start, this.#window.end);
    const from = bytes.indexOf(NEWLINE) + 1;
    if (from === 0) return false;
    let quoted = false;
    for (let at = from; at < bytes.length; at++) {
      if (bytes[at] === QUOTE) quoted = !quoted;
      else if (bytes[at] === NEWLINE && !quoted) {
        return this.#cells(bytes.toString('utf8', from, at))?.[0]?.length === this.#header.columns.length;
      }
    }
    return false;
  }
}
