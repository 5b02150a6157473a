import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const python = '/usr/bin/python3';

const openpyxlScript = `
import json, sys, openpyxl
def cell(c):
    v = c.value
    kind = 'link' if c.hyperlink else c.data_type
    return [kind, v.isoformat(timespec='milliseconds') if hasattr(v, 'isoformat') else v, bool(c.quotePrefix)]
def sheets(path):
    book = openpyxl.load_workbook(path)
    return {sheet.title: [[cell(c) for c in row] for row in sheet.iter_rows()] for sheet in book.worksheets}
paths = json.load(open(sys.argv[1]))
json.dump([sheets(path) for path in paths], open(sys.argv[2], 'w'))
`;

/** Type: `s` text, `d` time, `n` number or nothing, `f` formula, `link`. */
export type PyCell = [type: string, value: string | number | null, quotePrefix: boolean];
export type PySheets = Readonly<Record<string, PyCell[][]>>;

/** Every cell of every sheet of each workbook, read by openpyxl; null where it is not installed. */
export function byOpenpyxl(...paths: string[]): PySheets[] | null {
  if (!runs(python, '-c', 'import openpyxl')) return null;
  const [question, answer] = [`${paths[0]}.paths.json`, `${paths[0]}.openpyxl.json`];
  writeFileSync(question, JSON.stringify(paths));
  spawned(python, '-c', openpyxlScript, question, answer);
  return JSON.parse(readFileSync(answer, 'utf8')) as PySheets[];
}

const csvScript = `
import csv, json, sys
csv.field_size_limit(1 << 30)
rows = list(csv.reader(open(sys.argv[1], newline='', encoding='utf-8-sig'), strict=True))
json.dump(rows, open(sys.argv[2], 'w'))
`;

/** The rows of a CSV, read by Python in strict mode (RFC 4180); null where Python is not installed. */
export function byPython(csv: string): string[][] | null {
  if (!runs(python, '-c', 'import csv')) return null;
  spawned(python, '-c', csvScript, csv, `${csv}.python.json`);
  return JSON.parse(readFileSync(`${csv}.python.json`, 'utf8')) as string[][];
}

/** Each sheet as CSV text, written by LibreOffice; null where it is not installed. */
export function byLibreOffice(xlsx: string, directory: string): Map<string, string> | null {
  // Tokens: comma, quote, UTF-8, from line 1, no formats, English, quote all text, as shown, formulas, …, every sheet.
  const filter = 'csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true,true,true,false,false,-1';
  if (!converted(filter, directory, [xlsx])) return null;
  const sheets = new Map<string, string>();
  for (const sheet of ['Activities', 'Activities 2', 'Summary']) {
    const path = xlsx.replace(/\.xlsx$/, `-${sheet}.csv`);
    if (existsSync(path)) sheets.set(sheet, readFileSync(path, 'utf8'));
  }
  return sheets;
}

/** LibreOffice's view of a document: its formulas, its links, and the number of cells of each type. */
export type Taken = {
  readonly formulas: string[];
  readonly links: number;
  readonly types: ReadonlyMap<string, number>;
};

/**
 * LibreOffice's view of each workbook or CSV, read from its flat document, where a formula cannot look like a text; null
 * where it is not installed. `language` is the LCID with which it reads a CSV; it then detects special numbers.
 */
export function takenByLibreOffice(directory: string, paths: readonly string[], language?: number): Taken[] | null {
  const reading = language === undefined ? [] : [`--infilter=CSV:44,34,76,1,,${language},false,true`];
  if (!converted('fods', directory, paths, reading)) return null;
  return paths.map((path) => {
    const document = readFileSync(join(directory, basename(path).replace(/\.\w+$/, '.fods')), 'utf8');
    const types = new Map<string, number>();
    for (const [, type = '', repeated = '1'] of document.matchAll(
      /<table:table-cell(?=[^>]* office:value-type="(\w+)")(?:[^>]* table:number-columns-repeated="(\d+)")?/g,
    )) {
      types.set(type, (types.get(type) ?? 0) + Number(repeated));
    }
    const formulas = [...document.matchAll(/ table:formula="([^"]*)"/g)].map(([, formula = '']) => formula);
    return { formulas, links: document.split('<text:a ').length - 1, types };
  });
}

/** Whether an unpacker finds no error in the archive; null where it is not installed. */
export function soundBy(tool: 'unzip' | '7z', path: string): boolean | null {
  const { status, error } = spawnSync(tool, tool === 'unzip' ? ['-tqq', path] : ['t', '-bso0', path]);
  return error === undefined ? status === 0 : null;
}

/** Converts with LibreOffice, with a profile beside the files; false where it is not installed. */
function converted(to: string, directory: string, paths: readonly string[], more: readonly string[] = []): boolean {
  if (!runs('soffice', '--version')) return false;
  const profile = `-env:UserInstallation=file://${join(directory, 'office')}`;
  spawned('soffice', profile, '--headless', ...more, '--convert-to', to, '--outdir', directory, ...paths);
  return true;
}

const found = new Map<string, boolean>();

function runs(program: string, ...options: string[]): boolean {
  const command = [program, ...options].join(' ');
  if (!found.has(command)) found.set(command, spawnSync(program, options).status === 0);
  return found.get(command)!;
}

function spawned(program: string, ...options: string[]): void {
  const { status, stderr } = spawnSync(program, options, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${basename(program)} refused the file: ${stderr}`);
}
