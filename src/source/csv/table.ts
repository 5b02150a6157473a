import { parse } from 'csv-parse/sync';
import { columnName, isFlat, nested, timeColumns } from '../records/columns.ts';
import { certainWrappersIn, wrapperNames } from '../records/wrappers.ts';
import type { TableKind } from '../sink.ts';

/** A header: the columns in their order, what stands between them, and what kind of rows follow. */
export type Table = {
  readonly kind: TableKind;
  readonly columns: readonly string[];
  readonly delimiter: string;
};

const delimiters = [',', ';', '\t', '|'];
const mostColumns = 2000;
const longestName = 200;

/** A line that belongs to no row: PowerShell's `#TYPE …`, Excel's `sep=;`, or only separators and white space. */
export function isOutsideTable(line: string): boolean {
  return withoutSeparators(line) === '' || /^\ufeff?(?:#TYPE\b|"?sep=.?"?[,;\t|]*\s{0,9}$)/i.test(line.slice(0, 200));
}

/** Whether a row is empty or outside the table. No row that begins with another letter, or with a digit, is outside. */
export function saysNothing(cells: readonly string[], delimiter: string): boolean {
  const mayBeOutside = !/^[0-9a-rt-z]/i.test(cells[0] ?? '');
  return isEmptyRow(cells) || (mayBeOutside && isOutsideTable(cells.join(delimiter)));
}

/** A line without the separators and white space at its end; linear. */
export function withoutSeparators(line: string): string {
  let end = line.length;
  while (end > 0 && (delimiters.includes(line[end - 1]!) || line.charCodeAt(end - 1) <= 0x20)) end--;
  return line.slice(0, end);
}

/** The table that begins with this line, with any separator; null when the line is not a known header. */
export function tableIn(line: string): Table | null {
  // Rows of JSON have the names too, and cost most when they are tried as CSV.
  if (line.includes('{') || !anyMark.test(line)) return null;
  for (const delimiter of delimiters) {
    const cells = cellsOf(line, delimiter);
    const table = cells === null ? null : tableFrom(cells, delimiter);
    if (table !== null) return table;
    // The whole header in one quoted cell.
    const inner = cells?.length === 1 && cells[0] !== line ? cellsOf(cells[0]!, delimiter) : null;
    const quoted = inner === null ? null : tableFrom(inner, delimiter);
    if (quoted !== null) return quoted;
  }
  return null;
}

/** The table whose header a row of a table is: two files that were joined. Most rows are examined no further than their lengths. */
export function headerIn(cells: readonly string[], delimiter: string): Table | null {
  return mayBeHeader(cells) && cells.some(marksHeader) ? tableFrom(cells, delimiter) : null;
}

function mayBeHeader(cells: readonly string[]): boolean {
  for (const cell of cells) if (cell.length > longestName) return false;
  return cells.length <= mostColumns;
}

/** Whether a row says nothing. */
export function isEmptyRow(cells: readonly string[]): boolean {
  for (const cell of cells) if (cell !== '') return false;
  return true;
}

/** The table whose header these cells are; null when they are not a header. */
export function tableFrom(cells: readonly string[], delimiter: string): Table | null {
  if (!mayBeHeader(cells)) return null;
  const columns = cells.map(columnName);
  if (columns.includes('AuditData')) return { kind: 'audit data', columns, delimiter };
  return isFlatHeader(columns) ? { kind: 'flat', columns, delimiter } : null;
}

/** Whether a cell is one of the names of which every header has one; other rows are not examined further. */
function marksHeader(cell: string): boolean {
  if (cell.length > 60) return false;
  const name = columnName(cell).toLowerCase();
  return marks.has(name) || name.endsWith('.original') || name.endsWith('.creationtime');
}

const markNames = ['AuditData', 'id.time', '_raw', 'RawEventData', ...timeColumns];
const marks: ReadonlySet<string> = new Set(markNames.map((name) => name.toLowerCase()));
const anyMark = new RegExp([...markNames, '.original'].map((name) => name.replace('.', '\\.')).join('|'), 'i');

/** How many columns a line has at most, by any delimiter; for the sentence that refuses it. */
export function mostColumnsIn(line: string): number {
  return Math.max(...delimiters.map((delimiter) => cellsOf(line, delimiter)?.length ?? 1));
}

/** The cells of one row, or null when it is not CSV. */
export function cellsOf(row: string, delimiter: string): string[] | null {
  const rows = rowsOf(row, delimiter);
  return rows === null ? null : (rows[0] ?? []);
}

/** The cells of each row, or null when the text is not CSV. */
export function rowsOf(text: string, delimiter: string): string[][] | null {
  try {
    return parse(text, { delimiter, record_delimiter: ['\r\n', '\n'], relax_column_count: true });
  } catch {
    return null;
  }
}

/** Whether a row is several good rows with only a CR between them, judged by the first two. */
export function endsInCr(row: string, { columns, delimiter }: Table): boolean {
  if (!/\r(?!\n)/.test(row)) return false;
  const options = { delimiter, record_delimiter: ['\r'], relax_column_count: true, to: 2 };
  try {
    const rows: string[][] = parse(row, options);
    return rows.every((cells) => cells.length === columns.length);
  } catch {
    return false;
  }
}

/** Why a row with these cells, null when it is no CSV, is not one of the table. */
export function misfit(cells: readonly string[] | null, { columns }: Table): string {
  const found = cells === null ? 'is no CSV' : `has ${cells.length} columns`;
  return `The row ${found}; expected ${columns.length} columns as in the header.`;
}

/**
 * A row's cells as the header has them: without empty ones that Excel adds at the end, and taken out of the one quoted
 * cell that a row becomes when Excel saves a file of another separator. Null when it is not CSV.
 */
export function cellsOfRow(row: string, { columns, delimiter }: Table): readonly string[] | null {
  const cells = cellsOf(row, delimiter) ?? cellsBefore(row, delimiter);
  const wanted = columns.length;
  if (cells === null || cells.length === wanted) return cells;
  const isEmpty = (cell: string) => cell === '';
  const isAlone = cells.slice(1).every(isEmpty);
  if (!isAlone && cells.length > wanted && cells.slice(wanted).every(isEmpty)) return cells.slice(0, wanted);
  return isAlone && cells[0]!.includes(delimiter) ? cellsOf(cells[0]!, delimiter) : cells;
}

/** The cells of a row behind which Excel put other separators than the table's. */
function cellsBefore(row: string, delimiter: string): string[] | null {
  const shorter = withoutSeparators(row);
  return shorter.endsWith('"') && shorter.length < row.length ? cellsOf(shorter, delimiter) : null;
}

/** Whether a row has only separators, quotes and white space. */
export function isBlankRow(bytes: Buffer, start: number, end: number): boolean {
  let at = start;
  while (at < end && blank[bytes[at]!] === 1) at++;
  return at === end;
}

/** By byte: 1 for separators, quotes and white space. */
const blank = new Uint8Array(256);
for (const character of ' \t\r\n,;|"') blank[character.charCodeAt(0)] = 1;

/**
 * Records that were flattened: of the Management API, Purview, Graph or Sentinel, of `gam report`, or inside a wrapper.
 */
function isFlatHeader(columns: readonly string[]): boolean {
  if (isFlat(columns)) return true;
  const row = nested(Object.fromEntries(columns.map((column) => [column, 'x'])));
  const has = (name: string, ...inside: readonly string[]) =>
    typeof row[name] === 'object' && inside.every((one) => one in (row[name] as object));
  if (has('id', 'time', 'uniqueQualifier')) return true;
  if (certainWrappersIn(row).length > 0) return true;
  return columns.some((column) => leadsToRecord(column.split('.')));
}

/** `_source.event.original`, `event.original`, `o365.audit.Id`: every part but the last is a wrapper, or all are. */
function leadsToRecord(path: readonly string[]): boolean {
  if (path.length < 2 || path.length > 8 || !path.slice(0, -1).every((part) => wrapperNames.has(part))) return false;
  return path.at(-1) === 'original' || path.at(-1) === 'CreationTime';
}

const NEWLINE = 0x0a;
const QUOTE = 0x22;

/** Whether a whole row of the table follows after the first line. */
export function hasRowBelow(bytes: Buffer, { delimiter, columns }: Table): boolean {
  const from = bytes.indexOf(NEWLINE) + 1;
  if (from === 0) return false;
  let quoted = false;
  for (let at = from; at < bytes.length; at++) {
    if (bytes[at] === QUOTE) quoted = !quoted;
    else if (bytes[at] === NEWLINE && !quoted) {
      return rowsOf(bytes.toString('utf8', from, at), delimiter)?.[0]?.length === columns.length;
    }
  }
  return false;
}
