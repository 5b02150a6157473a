import { parse } from 'csv-parse/sync';
import type { SheetCell } from './expected.ts';
import { byLibreOffice, byOpenpyxl } from './programs.ts';
import { cellsOf, entriesOf, unescaped, workbookByExcelJs } from './readers.ts';

/** The rows of a workbook's data sheets, with titles, as one reader shows them; `shown` is how it must show a cell. */
export type Reading = {
  readonly reader: string;
  readonly sheets: readonly (readonly (readonly string[])[])[];
  readonly shown: (cell: SheetCell) => string;
};

const names = ['Activities', 'Activities 2'];

/** The readings of a workbook by every reader of this machine. `path` is its file; `missing` is called for absent readers. */
export async function readingsOf(
  xlsx: Buffer,
  path: string,
  directory: string,
  missing: (what: string) => void,
): Promise<Reading[]> {
  const readings = await byLibraries(xlsx);
  const [byPython] = byOpenpyxl(path) ?? [];
  if (byPython === undefined) missing('openpyxl is not here');
  else {
    const sheets = present(names.map((name) => byPython[name])).map((sheet) => {
      return sheet.map((row) => row.map(([type, value]) => ofPython(type, value)));
    });
    readings.push({ reader: 'openpyxl', sheets, shown: shownExactly });
  }
  const byOffice = byLibreOffice(path, directory);
  if (byOffice === null) missing('LibreOffice is not here');
  else {
    const sheets = present(names.map((name) => byOffice.get(name))).map((csv): string[][] => parse(csv));
    readings.push({ reader: 'LibreOffice', sheets, shown: shownByLibreOffice });
  }
  return readings;
}

/** The readings by libraries: fast, but they do not decode `_xHHHH_`. */
export async function byLibraries(xlsx: Buffer): Promise<Reading[]> {
  return [
    { reader: 'a strict XML parser', sheets: await strictly(xlsx), shown: shownExactly },
    { reader: 'exceljs', sheets: await byExcelJs(xlsx), shown: shownExactly },
  ];
}

function shownExactly(cell: SheetCell): string {
  return typeof cell === 'string' ? cell : `date ${cell.date}`;
}

/** It shows a date in the cell's format, and has only one line end in a text with a line feed. */
function shownByLibreOffice(cell: SheetCell): string {
  if (typeof cell !== 'string') return cell.date.replace('T', ' ');
  return cell.includes('\n') ? cell.replace(/\r\n|\n\r|\r/g, '\n') : cell;
}

async function strictly(xlsx: Buffer): Promise<string[][][]> {
  const parts = await entriesOf(xlsx);
  const summary = [...parts.keys()].filter((name) => name.startsWith('xl/worksheets/sheet')).length;
  return Array.from({ length: summary - 1 }, (_, i) => {
    const rows: string[][] = [];
    for (const [reference, { type, style, text }] of cellsOf(parts.get(`xl/worksheets/sheet${i + 1}.xml`)!.bytes)) {
      const [, letter = '', row = ''] = /^([A-Z])(\d+)$/.exec(reference)!;
      rows[Number(row) - 1] ??= [];
      const date = type === 'n' && text !== '';
      rows[Number(row) - 1]![letter.charCodeAt(0) - 65] = date ? dateOf(Number(text), style) : unescaped(text);
    }
    return rows;
  });
}

/** Excel counts days from 1899-12-30; style 1 is that of times. */
function dateOf(serial: number, style: string): string {
  const time = new Date(Math.round((serial - 25_569) * 86_400_000)).toISOString().slice(0, -1);
  return `${style === '1' ? 'date' : 'number'} ${time}`;
}

async function byExcelJs(xlsx: Buffer): Promise<string[][][]> {
  const book = await workbookByExcelJs(xlsx);
  return present(names.map((name) => book.getWorksheet(name))).map((sheet) =>
    Array.from({ length: sheet.rowCount }, (_, row) =>
      Array.from({ length: sheet.columnCount }, (_, column) => {
        const { value } = sheet.getCell(row + 1, column + 1);
        if (value instanceof Date) return `date ${value.toISOString().slice(0, -1)}`;
        if (value === null || typeof value === 'string') return unescaped(value ?? '');
        return `something else: ${JSON.stringify(value)}`;
      }),
    ),
  );
}

function ofPython(type: string, value: string | number | null): string {
  if (type === 'd') return `date ${value}`;
  if (type === 's' && typeof value === 'string') return unescaped(value);
  return value === null ? '' : `something else: ${type} ${value}`;
}

function present<T>(values: readonly (T | undefined)[]): T[] {
  return values.filter((value) => value !== undefined);
}
