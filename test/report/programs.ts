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

/** Every cell of every sheet of each workbook, by openpyxl; null where the machine has none. */
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

/** The rows of a CSV, by Python's own reader, which refuses what RFC 4180 does; null where the machine has none. */
export function byPython(csv: string): string[][] | null {
  if (!runs(python, '-c', 'import csv')) return null;
  spawned(python, '-c', csvScript, csv, `${csv}.python.json`);
  return JSON.parse(readFileSync(`${csv}.python.json`, 'utf8')) as string[][];
}

/** Each sheet as CSV text, by LibreOffice; null where the machine has none. */
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

/** What LibreOffice takes for something else than text: its formulas and links, and how many cells of which type. */
export type Taken = {
  readonly formulas: string[];
  readonly links: number;
  readonly types: ReadonlyMap<string, number>;
};

/**
 * What LibreOffice makes of each workbook or CSV, from its own flat document, where a formula cannot look like a text;
 * null where the machine has none. `language` is the LCID with which it reads a CSV, special numbers looked for.
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

/** Whether an unpacker of this machine finds the archive whole; null where the machine has none. */
export function soundBy(tool: 'unzip' | '7z', path: string): boolean | null {
  const { status, error } = spawnSync(tool, tool === 'unzip' ? ['-tqq', path] : ['t', '-bso0', path]);
  return error === undefined ? status === 0 : null;
}

/** Converts by LibreOffice, with a profile of its own beside the files; false where the machine has none. */
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
