import { writeFileSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';
import ExcelJS from 'exceljs';
import { SaxesParser } from 'saxes';
import yauzl from 'yauzl';

/** A file of an archive, read by a library that checks its CRC. */
export type ArchiveEntry = { readonly bytes: Buffer; readonly method: number; readonly modified: Date };

/** The files of a ZIP, read by yauzl. */
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

/** A cell of the sheet's XML: its style, and its text before `_xHHHH_` is decoded. */
export type Cell = { readonly type: string; readonly style: string; readonly text: string; readonly names: string[] };

/** The cells of a sheet by reference, read by a strict parser of XML 1.0 with namespaces. */
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
  // Invalid UTF-8 is an error, not a replacement character.
  parser.write(new TextDecoder('utf-8', { fatal: true }).decode(xml)).close();
}

/** A cell's text as a spreadsheet decodes it (ECMA-376 Part 1, 22.9.2.19). */
export function unescaped(text: string): string {
  return text.replace(/_x([0-9A-Fa-f]{4})_/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

export async function workbookByExcelJs(xlsx: Buffer): Promise<ExcelJS.Workbook> {
  const workbook = new ExcelJS.Workbook();
  await workbook.xlsx.load(xlsx as never);
  return workbook;
}

/** The rows of a query over a file, by DuckDB. */
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

/** Saves an entry beside its archive, for readers that need a file. */
export function saved(bytes: Buffer, path: string): string {
  writeFileSync(path, bytes);
  return path;
}
