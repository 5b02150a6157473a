import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import ExcelJS from 'exceljs';
import { SaxesParser } from 'saxes';
import yauzl from 'yauzl';

/** A file of an archive as another's library reads it, its CRC checked. */
export type ArchiveEntry = { readonly bytes: Buffer; readonly method: number; readonly modified: Date };

/** The files of a ZIP, by yauzl. */
export async function entriesOf(zip: string | Buffer): Promise<Map<string, ArchiveEntry>> {
  const options = { lazyEntries: true, strictFileNames: true } as const;
  const file =
    typeof zip === 'string' ? await yauzl.openPromise(zip, options) : await yauzl.fromBufferPromise(zip, options);
  const entries = new Map<string, ArchiveEntry>();
  for await (const entry of file.eachEntry()) {
    const chunks: Buffer[] = [];
    for await (const chunk of await file.openReadStreamPromise(entry)) chunks.push(chunk as Buffer);
    const modified = entry.getLastModDate({ timezone: 'UTC' });
    entries.set(entry.fileName, { bytes: Buffer.concat(chunks), method: entry.compressionMethod, modified });
  }
  return entries;
}

/** A cell as it stands in the sheet: its style, and its text before any `_xHHHH_` is read. */
export type Cell = { readonly type: string; readonly style: string; readonly text: string; readonly names: string[] };

/** The cells of a sheet by reference, read by a parser that refuses whatever XML 1.0 and its namespaces refuse. */
export function cellsOf(xml: Buffer): Map<string, Cell> {
  const cells = new Map<string, Cell>();
  let reference = '';
  let cell: { type: string; style: string; text: string; names: string[] } | null = null;
  parseStrictly(xml, {
    open(name, attributes) {
      if (name === 'c') {
        reference = attributes.r ?? '';
        cell = { type: attributes.t ?? 'n', style: attributes.s ?? '0', text: '', names: [] };
      }
      cell?.names.push(name);
    },
    text(text) {
      if (cell !== null) cell.text += text;
    },
    close(name) {
      if (name !== 'c' || cell === null) return;
      cells.set(reference, cell);
      cell = null;
    },
  });
  return cells;
}

type Handlers = {
  open?(name: string, attributes: Record<string, string>): void;
  text?(text: string): void;
  close?(name: string): void;
};

export function parseStrictly(xml: Buffer, { open, text, close }: Handlers = {}): void {
  const parser = new SaxesParser({ xmlns: true });
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    open?.(name, Object.fromEntries(Object.entries(attributes).map(([key, { value }]) => [key, value])));
  });
  if (text !== undefined) parser.on('text', text);
  parser.on('closetag', ({ name }) => close?.(name));
  // As UTF-8 that must be valid: a broken character is an error, not a question mark.
  parser.write(new TextDecoder('utf-8', { fatal: true }).decode(xml)).close();
}

/** What a spreadsheet makes of a cell's text (ECMA-376 Part 1, 22.9.2.19). */
export function unescaped(text: string): string {
  return text.replace(/_x([0-9A-Fa-f]{4})_/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

export async function workbookByExcelJs(xlsx: Buffer): Promise<ExcelJS.Workbook> {
  const workbook = new ExcelJS.Workbook();
  await workbook.xlsx.load(xlsx as never);
  return workbook;
}

/** Rows of SQL over a file, by DuckDB. */
export async function byDuckDb(sql: string): Promise<unknown[][]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    await connection.run("SET TimeZone = 'UTC'");
    return (await connection.runAndReadAll(sql)).getRowsJS() as unknown[][];
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

const openpyxlScript = `
import json, sys, openpyxl
book = openpyxl.load_workbook(sys.argv[1])
def cell(c):
    v = c.value
    return [c.data_type, v.isoformat(timespec='milliseconds') if hasattr(v, 'isoformat') else v, bool(c.quotePrefix)]
json.dump({sheet.title: [[cell(c) for c in row] for row in sheet.iter_rows()] for sheet in book.worksheets}, open(sys.argv[2], 'w'))
`;

export type PyCell = [type: string, value: string | number | null, quotePrefix: boolean];

/** Every cell of every sheet, by openpyxl; null where the machine has none. */
export function byOpenpyxl(xlsx: string): Record<string, PyCell[][]> | null {
  const python = '/usr/bin/python3';
  if (spawnSync(python, ['-c', 'import openpyxl']).status !== 0) return null;
  const answer = `${xlsx}.openpyxl.json`;
  const { status, stderr } = spawnSync(python, ['-c', openpyxlScript, xlsx, answer], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`openpyxl refused the workbook: ${stderr}`);
  return JSON.parse(readFileSync(answer, 'utf8')) as Record<string, PyCell[][]>;
}

/** Each sheet as CSV text, by LibreOffice, formulas shown as such; null where the machine has none. */
export function byLibreOffice(xlsx: string, directory: string): Map<string, string> | null {
  if (spawnSync('soffice', ['--version']).status !== 0) return null;
  // Tokens: comma, quote, UTF-8, from line 1, no formats, English, quote all text, as shown, formulas, …, every sheet.
  const filter = 'csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true,true,true,false,false,-1';
  const profile = `-env:UserInstallation=file://${join(directory, 'office')}`;
  const run = spawnSync('soffice', [profile, '--headless', '--convert-to', filter, '--outdir', directory, xlsx]);
  if (run.status !== 0) throw new Error(`LibreOffice refused the workbook: ${run.stderr}`);
  const sheets = new Map<string, string>();
  for (const sheet of ['Activities', 'Activities 2', 'Summary']) {
    const path = xlsx.replace(/\.xlsx$/, `-${sheet}.csv`);
    if (existsSync(path)) sheets.set(sheet, readFileSync(path, 'utf8'));
  }
  return sheets;
}

/** Whether an unpacker of this machine finds the archive whole; null where the machine has none. */
export function soundBy(tool: 'unzip' | '7z', path: string): boolean | null {
  const { status, error } = spawnSync(tool, tool === 'unzip' ? ['-tqq', path] : ['t', '-bso0', path]);
  return error === undefined ? status === 0 : null;
}

/** Saves an entry beside its archive, for readers that want a file. */
export function saved(bytes: Buffer, path: string): string {
  writeFileSync(path, bytes);
  return path;
}
