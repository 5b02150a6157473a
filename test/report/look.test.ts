import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Worksheet } from 'exceljs';
import { languages } from '../../src/domain/columns.ts';
import { words } from '../../src/report/words/words.ts';
import { activity } from '../store/activities.ts';
import { Harness } from './harness.ts';
import { entriesOf, workbookByExcelJs } from './readers.ts';
import { workbookOfSmallSheets } from './small-sheets.ts';

const harness = new Harness();
after(() => harness[Symbol.asyncDispose]());

const some = Array.from({ length: 25 }, (_, i) => activity(i));

async function sheetsOf(workbook: Buffer): Promise<Worksheet[]> {
  return (await workbookByExcelJs(workbook)).worksheets;
}

async function report(...args: Parameters<Harness['report']>): Promise<Buffer> {
  return (await harness.report(...args)).entries.get('Activity report.xlsx')!.bytes;
}

test('every sheet prints in landscape, one page wide, with its titles and page numbers on every page', async () => {
  const tenant = await harness.keep(some);
  const sheets = await sheetsOf(await workbookOfSmallSheets(harness, tenant, 10));
  for (const { name, pageSetup, headerFooter } of sheets) {
    assert.deepEqual(
      [pageSetup.orientation, pageSetup.fitToPage, pageSetup.fitToWidth ?? 1, pageSetup.fitToHeight],
      ['landscape', true, 1, 0],
      name,
    );
    assert.equal(
      (pageSetup as { printTitlesRow?: string }).printTitlesRow,
      name === 'Summary' ? undefined : '1:1',
      name,
    );
    assert.match(headerFooter.oddFooter ?? '', /&P \/ &N/);
  }
});

test('a long text in the last column does not widen the printed page: only the columns of the table are printed', async () => {
  const tenant = await harness.keep(some);
  const parts = await entriesOf(await workbookOfSmallSheets(harness, tenant, 10));
  const workbook = parts.get('xl/workbook.xml')!.bytes.toString();
  const areas = [...workbook.matchAll(/name="_xlnm.Print_Area" localSheetId="(\d)">([^<]*)</g)].map((m) => [
    m[1],
    m[2],
  ]);
  assert.deepEqual(areas, [
    ['0', "'Activities'!$A$1:$N$11"],
    ['1', "'Activities 2'!$A$1:$N$11"],
    ['2', "'Activities 3'!$A$1:$N$6"],
  ]);
});

test('the rows of each sheet are a banded table with a filter; without rows there is a filter alone', async () => {
  const tenant = await harness.keep(some);
  const parts = await entriesOf(await workbookOfSmallSheets(harness, tenant, 10));
  for (const [i, rows] of [10, 10, 5].entries()) {
    const table = parts.get(`xl/tables/table${i + 1}.xml`)!.bytes.toString();
    assert.match(table, new RegExp(`displayName="Activities${i === 0 ? '' : `_${i + 1}`}" ref="A1:N${rows + 1}"`));
    assert.match(table, new RegExp(`<autoFilter ref="A1:N${rows + 1}"/>`));
    assert.match(table, /showRowStripes="1"/);
  }
  const empty = await report(tenant, 'xlsx', { user: 'nobody@contoso.example' });
  assert.deepEqual(
    [...(await entriesOf(empty)).keys()].filter((name) => name.includes('table')),
    [],
  );
  assert.equal((await sheetsOf(empty))[0]!.autoFilter, 'A1:N1');
});

test('times show milliseconds only where some time has any', async () => {
  const whole = await harness.keep(some);
  const exact = await harness.keep([...some, activity(99, { timeMs: Date.UTC(2026, 1, 1) + 7 })]);
  for (const [tenant, format] of [
    [whole, 'yyyy-mm-dd hh:mm:ss'],
    [exact, 'yyyy-mm-dd hh:mm:ss.000'],
  ] as const) {
    const [sheet] = await sheetsOf(await report(tenant, 'xlsx', { timeZone: 'Europe/Paris' }));
    assert.deepEqual([sheet!.getCell('A2').numFmt, sheet!.getCell('B2').numFmt], [format, format]);
  }
});

test('a column is as wide as its title and its first values need, and no wider than its limit', async () => {
  const long = 'a'.repeat(5000);
  const tenant = await harness.keep([
    activity(1, { item: '議事録議事録議事録.docx', object: long }),
    activity(2, { item: 'x', object: long, result: '–’…'.repeat(4) }),
  ]);
  const [sheet] = await sheetsOf(await report(tenant, 'xlsx', { columns: ['time', 'item', 'object', 'result'] }));
  const widths = [1, 2, 3, 4].map((column) => sheet!.getColumn(column).width);
  assert.deepEqual(widths, [20, 24, 41, 13]);
});

test('the Summary counts rows by activity and by day, most frequent first, and says what is not listed', async () => {
  const many = Array.from({ length: 40 }, (_, i) =>
    Array.from({ length: i + 1 }, (_, j) =>
      activity(i * 100 + j, { activity: `Activity${i}`, timeMs: Date.UTC(2026, 0, 1 + i) + j }),
    ),
  ).flat();
  const sheets = await sheetsOf(await report(await harness.keep(many), 'xlsx'));
  const rows: unknown[][] = [];
  sheets.at(-1)!.eachRow((row) => rows.push([row.getCell(1).value, row.getCell(2).value]));
  const at = (label: string) => rows.findIndex(([first]) => first === label);
  const listed = rows.slice(at('Rows by activity') + 1, at('Rows by activity') + 27);
  const expected = Array.from({ length: 25 }, (_, i) => [`Activity${39 - i}`, 40 - i]);
  assert.deepEqual(listed, [...expected, ['Other activities', 120]]);
  assert.deepEqual(
    rows.slice(at('Rows by day (UTC)') + 1),
    Array.from({ length: 40 }, (_, i) => [new Date(Date.UTC(2026, 0, 1 + i)), i + 1]),
  );
});

test('in the Summary bars are in proportion, names that were counted look like days, and each time says that it is UTC', async () => {
  const tenant = await harness.keep(some);
  for (const language of languages) {
    const workbook = await report(tenant, 'xlsx', {
      language,
      timeZone: 'Asia/Tokyo',
      from: '2020-01-01T00:00:00.000Z',
    });
    const xml = (await entriesOf(workbook)).get('xl/worksheets/sheet2.xml')!.bytes.toString();
    assert.equal(xml.match(/<dataBar minLength="0">/g)?.length, 2);
    const bold = new Set<unknown>();
    (await sheetsOf(workbook)).at(-1)!.eachRow((row) => {
      const [label, value] = [row.getCell(1), row.getCell(2).value];
      if (label.font?.bold) bold.add(label.value);
      if (value instanceof Date) assert.match(String(label.value), /UTC/);
    });
    assert.ok(bold.has(words[language].summary.user) && !bold.has(some[0]!.activity), [...bold].join());
  }
});

test('a value of the Summary that takes several lines has a row as high as they are, up to the limit of Excel', async () => {
  const tenant = await harness.keep(some);
  for (const [user, height] of [
    ['megan@contoso.example', undefined],
    ['m'.repeat(200), 45],
    ['m'.repeat(9000), 409],
  ] as const) {
    const summary = (await sheetsOf(await report(tenant, 'xlsx', { user }))).at(-1)!;
    const heights = new Map<unknown, number | undefined>();
    summary.eachRow((row) => heights.set(row.getCell(1).value, row.height));
    assert.equal(heights.get('User'), height);
  }
});

test('names that the store has never seen are named in the Summary and in the manifest', async () => {
  const tenant = await harness.keep(some);
  const { entries } = await harness.report(tenant, 'xlsx', {
    user: 'megan@contoso.exampel',
    eventTypes: ['FileAccessed', 'FileAcessed'],
  });
  const sheets = await sheetsOf(entries.get('Activity report.xlsx')!.bytes);
  const said = new Map<unknown, unknown>();
  sheets.at(-1)!.eachRow((row) => said.set(row.getCell(1).value, row.getCell(2).value));
  assert.equal(said.get('Names the store has never seen'), 'megan@contoso.exampel, FileAcessed');
  const manifest = JSON.parse(entries.get('manifest.json')!.bytes.toString());
  assert.deepEqual(manifest.neverSeen, ['megan@contoso.exampel', 'FileAcessed']);
  assert.deepEqual([manifest.askedFor.appName, manifest.storeReadAt], ['Nightly audit', '2026-11-23T00:01:00.000Z']);
});
