import { execFileSync } from 'node:child_process';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import yauzl from 'yauzl';
import type { ColumnName } from '../src/domain/columns.ts';
import { noFilters } from '../src/domain/filters.ts';
import type { AppId, JobId, TenantId } from '../src/domain/ids.ts';
import { writeReport } from '../src/report/report.ts';
import { Store } from '../src/store/store.ts';
import { atLeast, type BenchResult, type BenchRow } from './machine.ts';
import { everythingOf } from './reports.ts';
import { addGenerated, makeStore } from './store/make.ts';

const fullSheet = 1_048_575;
/** 20,000 random letters a record do not compress below three quarters: 300,000 records are a report of 4.5 GB. */
const hugeRows = 300_000;

/**
 * The true limits: a full sheet, one row more, two and a half million rows, and a report over 4 GiB. Every activity id
 * is looked for in the unpacked sheets; `unzip -t` (7z where there is none) judges the archives. Needs 25 GB of disk.
 */
export async function run(say: (what: string) => void): Promise<BenchResult> {
  const directory = mkdtempSync(join(tmpdir(), 'trailport-bench-'));
  try {
    const counts = [fullSheet, fullSheet + 1, 2_500_000];
    say('generating');
    const path = join(directory, 'store');
    await makeStore(
      path,
      counts.map((rows) => ({ tenant: `rows-${rows}` as TenantId, rows, raw: 'short' })),
    );
    await addHuge(path);
    await using store = await Store.open(path);
    const rows: BenchRow[] = [];
    for (const count of counts) {
      say(`${count} rows`);
      const zip = await written(store, directory, `rows-${count}` as TenantId, ['activityId', 'time']);
      const sheets = await rowsOfSheets(zip, join(directory, 'inner.xlsx'));
      const expected = Array.from({ length: Math.ceil(count / fullSheet) }, (_, i) =>
        Math.min(fullSheet, count - i * fullSheet),
      );
      const right = JSON.stringify(sheets.rows) === JSON.stringify(expected) && sheets.ids === count;
      rows.push(atLeast(`${count} rows: right sheets, no row twice or missing`, 'true', Number(right), 1));
    }
    say('a report over 4 GiB');
    const zip = await written(store, directory, 'huge' as TenantId, ['activityId', 'raw']);
    await using file = await open(zip);
    rows.push(atLeast('a report over 4 GiB', 'bytes', (await file.stat()).size, 2 ** 32));
    rows.push(atLeast('unzip finds it whole', 'true', Number(sound(zip)), 1));
    const sheets = await rowsOfSheets(zip, join(directory, 'inner.xlsx'));
    rows.push(atLeast('unzip finds its workbook whole', 'true', Number(sound(join(directory, 'inner.xlsx'))), 1));
    rows.push(atLeast('its rows', 'rows', sheets.ids, hugeRows));
    return { rows, notes: [] };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function addHuge(directory: string): Promise<void> {
  await addGenerated(
    directory,
    'huge' as TenantId,
    hugeRows,
    20_000,
    (from, to) =>
      `INSERT INTO generated (source, timeMs, activityId, raw, row)
       SELECT 'microsoft365', ${Date.UTC(2026, 0, 1)} + number * 1000, toString(number),
         concat('{"a":"', base64Encode(randomString(15000)), '"}'), number - ${from}
       FROM numbers(${from}, ${to - from}) SETTINGS max_block_size = 4096`,
  );
}

async function written(store: Store, directory: string, tenant: TenantId, columns: ColumnName[]): Promise<string> {
  const path = join(directory, 'report.zip');
  rmSync(path, { force: true });
  const nothing = { ...noFilters, from: null, until: null, timeZone: null };
  const request = { ...nothing, source: 'microsoft365', format: 'xlsx', columns, language: 'en-US' } as const;
  const order = {
    request,
    jobId: 1 as JobId,
    tenant,
    app: 'bench' as AppId,
    appName: 'Bench',
    readAtMs: Date.now(),
    askedAtMs: Date.now(),
  };
  const follow = { onRows: () => undefined, signal: new AbortController().signal };
  await using file = await open(path, 'wx+');
  await writeReport(order, await everythingOf(store, tenant), file, follow);
  return path;
}

/** How many rows each sheet has, its header aside, and how many different activity ids there are in all. */
async function rowsOfSheets(zip: string, inner: string): Promise<{ rows: number[]; ids: number }> {
  for await (const { entry, stream } of entriesOf(zip)) {
    if (entry.fileName.endsWith('.xlsx')) await pipeline(await stream(), createWriteStream(inner));
  }
  const sheets: string[][] = [];
  for await (const { entry, stream } of entriesOf(inner)) {
    if (entry.fileName.startsWith('xl/worksheets/')) sheets.push(await firstColumn(await stream()));
  }
  // The last sheet is the Summary.
  const activities = sheets.slice(0, -1).map((column) => column.slice(1));
  return { rows: activities.map(({ length }) => length), ids: new Set(activities.flat()).size };
}

/** The texts of column A; throws unless the rows are numbered from 1 without a gap. */
async function firstColumn(sheet: AsyncIterable<unknown>): Promise<string[]> {
  const column: string[] = [];
  const take = (xml: string) => {
    for (const [, number, text = ''] of xml.matchAll(/<row r="(\d+)"><c r="A\d+"[^>]*><is><t>([^<]*)</g)) {
      column.push(text);
      if (Number(number) !== column.length) throw new Error(`Row ${number} stands in place ${column.length}.`);
    }
  };
  let rest = '';
  for await (const chunk of sheet) {
    const xml = rest + (chunk as Buffer).toString('latin1');
    const whole = Math.max(0, xml.lastIndexOf('<row '));
    take(xml.slice(0, whole));
    rest = xml.slice(whole);
  }
  take(rest);
  return column;
}

async function* entriesOf(path: string) {
  const zip = await yauzl.openPromise(path);
  for await (const entry of zip.eachEntry()) {
    yield { entry, stream: () => zip.openReadStreamPromise(entry) };
  }
}

function sound(path: string): boolean {
  try {
    execFileSync('unzip', ['-tqq', path]);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return false;
    execFileSync('7z', ['t', '-bso0', path]);
    return true;
  }
}
