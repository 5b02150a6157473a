import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import type { Activity } from '../../src/domain/activity.ts';
import { careColumns, cellUnits } from '../../src/domain/care.ts';
import { columnNames } from '../../src/domain/columns.ts';
import { textCell } from '../../src/report/xlsx-text.ts';
import { activity } from '../store/activities.ts';
import { Harness } from './harness.ts';
import { byDuckDb, byLibreOffice, byOpenpyxl, cellsOf, entriesOf, parseStrictly, saved, unescaped } from './readers.ts';

const harness = new Harness();
after(() => harness[Symbol.asyncDispose]());

/** All of Unicode, with what breaks writers far more often than chance would bring it. */
const nasty = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: 'binary', maxLength: 24 }) },
  {
    weight: 2,
    arbitrary: fc.string({
      unit: fc.constantFrom(...'_x0041_xFFFE_\u0000\r\n\t <>&"\'=+-@;,\u007f\u0085'),
      maxLength: 40,
    }),
  },
  { weight: 2, arbitrary: fc.constantFrom(...spread()) },
);

function spread(): string[] {
  return [
    '', ' ', '\t', '\n', '\r\n', '=1+1', '+1', '-', '@SUM(A1)', '_x0041_', '_x0041_x0042_x0043_x0044_', '__x000D___', '_x005F_x0041_',
    '\ufffe', '\uffff', '\ufeffbom', '\u2028', 'a\u0000b', '\u0001=x', ' leading', 'trailing ', '\n'.repeat(300), '😀'.repeat(20), 'é́', "'quoted", '"', '""', ']]>', '<!--', '&amp;',
    'x'.repeat(cellUnits), 'x'.repeat(cellUnits + 1), `${'y'.repeat(32_758)}${'😀'.repeat(20)}`, `${'y'.repeat(32_759)}${'😀'.repeat(20)}`, '議'.repeat(40_000), '😀'.repeat(20_000),
  ]; // biome-ignore format: one example after the other
}

/** Texts as the sources hand them on: lone surrogates are U+FFFD by then. */
const record = fc.record(Object.fromEntries(careColumns.map((name) => [name, nasty])) as Record<string, typeof nasty>);
const generated: Activity[] = fc.sample(record, { seed: 42, numRuns: 700 }).map((texts, i) => {
  const wellFormed = Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, text.toWellFormed()]));
  const over = { ...wellFormed, activityId: `${String(i).padStart(5, '0')}${wellFormed.activityId ?? ''}` };
  return activity(i, { ...over, raw: JSON.stringify({ i, ...texts }) });
});
const tenant = harness.keep(generated);

test('a workbook says every text as it was, and its parts are strict XML', async () => {
  const columns = columnNames;
  const report = await harness.report(await tenant, 'xlsx', { columns });
  const parts = await entriesOf(report.entries.get('Activity report.xlsx')!.bytes);
  for (const [name, { bytes }] of parts) {
    if (!name.startsWith('xl/worksheets/')) parseStrictly(bytes);
  }
  const cells = cellsOf(parts.get('xl/worksheets/sheet1.xml')!.bytes);
  generated.forEach((expected, row) => {
    for (const name of [...careColumns, 'raw'] as const) {
      const reference = `${String.fromCharCode(65 + columns.indexOf(name))}${row + 2}`;
      const cell = cells.get(reference);
      assert.ok(cell !== undefined, reference);
      // The engine and we ourselves write the same cell, but for the space that only some need to keep.
      const [[, own]] = [...cellsOf(Buffer.from(textCell(reference, expected[name], '… [cut]')))] as [
        [string, typeof cell],
      ];
      assert.deepEqual(cell, own, `${reference} ${JSON.stringify(expected[name].slice(0, 80))}`);
      const text = unescaped(cell.text);
      const whole = expected[name].length <= cellUnits;
      assert.ok(whole ? text === expected[name] : isCutOf(text, expected[name]), JSON.stringify(text.slice(0, 80)));
    }
  });
});

test('openpyxl and LibreOffice read the texts that the strict parser reads', async (t) => {
  const some = generated.slice(0, 200);
  const report = await harness.report(await harness.keep(some), 'xlsx');
  const { bytes } = report.entries.get('Activity report.xlsx')!;
  const path = saved(bytes, `${report.path}.xlsx`);
  const cells = cellsOf((await entriesOf(bytes)).get('xl/worksheets/sheet1.xml')!.bytes);
  const wanted = some.map((_, row) =>
    careColumns.map((_, column) => unescaped(cells.get(`${String.fromCharCode(66 + column)}${row + 2}`)!.text)),
  );
  const byPython = byOpenpyxl(path);
  if (byPython === null) t.diagnostic('openpyxl is not here');
  else {
    const rows = byPython.Activities!.slice(1);
    same(
      rows.map((row) => row.slice(1).map(([, value]) => unescaped(String(value ?? '')))),
      wanted,
    );
    assert.ok(rows.flat().every(([type]) => type !== 'f'));
  }
  const byOffice = byLibreOffice(path, harness.directory);
  if (byOffice === null) t.diagnostic('LibreOffice is not here');
  else {
    const rows: string[][] = parse(byOffice.get('Activities')!, { relax_column_count: true });
    // LibreOffice knows one line end only, and takes the escape behind a broken look-alike (`_x04_x000D_`) for text.
    const known = (rows: readonly string[][]) =>
      rows.map((row, i) =>
        row.map((text, j) => (/_x(?![0-9A-Fa-f]{4}_)/.test(wanted[i]![j]!) ? '' : text.replace(/\r\n|\n\r|\r/g, '\n'))),
      );
    same(known(rows.slice(1).map((row) => row.slice(1))), known(wanted));
  }
});

test('what was cut is counted, said, and whole in the overflow file', async () => {
  const report = await harness.report(await tenant, 'xlsx');
  const long = generated.filter((one) => careColumns.some((name) => one[name].length > cellUnits));
  const values = generated.flatMap((one) => careColumns.filter((name) => one[name].length > cellUnits)).length;
  assert.ok(values > 100);
  const lines = report.entries.get('overflow.jsonl')!.bytes.toString().trimEnd().split('\n');
  assert.deepEqual(
    lines,
    long.map(({ raw }) => raw),
  );
  const manifest = JSON.parse(report.entries.get('manifest.json')!.bytes.toString());
  assert.equal(manifest.cutValues, values);
  assert.equal(manifest.complete, false);
  assert.match(manifest.incompleteBecause, /overflow\.jsonl/);
  const parts = await entriesOf(report.entries.get('Activity report.xlsx')!.bytes);
  const summary = [...cellsOf(parts.get('xl/worksheets/sheet2.xml')!.bytes).values()].map(({ text }) => text);
  assert.equal(summary[summary.indexOf('Values cut') + 1], String(values));
  assert.match(summary[summary.indexOf('Complete') + 1]!, /^No: .*overflow\.jsonl/);
});

test('CSV holds every text as it was, after an apostrophe where a spreadsheet would see a formula', async () => {
  const report = await harness.report(await tenant, 'csv', { columns: columnNames });
  const { bytes } = report.entries.get('Activity report.csv')!;
  assert.equal(bytes.subarray(0, 3).toString('hex'), 'efbbbf');
  const expected = generated.map((one) => [
    new Date(one.timeMs).toISOString(),
    ...[...careColumns, 'raw' as const].map((name) => (/^[=+\-@\t\r\n]/.test(one[name]) ? `'${one[name]}` : one[name])),
  ]);
  const rows: string[][] = parse(bytes, { bom: true, record_delimiter: '\r\n' });
  same(rows.slice(1), expected);
  const unquoted = bytes.toString().replace(/"(?:[^"]|"")*"/g, '');
  assert.match(unquoted, /^\ufeff(?:,{14}\r\n)+$/, 'every field is quoted and every line ends with CRLF');
  const path = saved(bytes, `${report.path}.csv`);
  const columns = `{${rows[0]!.map((_, i) => `'c${i}': 'VARCHAR'`).join(', ')}}`;
  // A leading full stop is there for DuckDB's own sake: its JavaScript side takes a byte order mark off a text.
  const byAnother = await byDuckDb(
    `SELECT ${rows[0]!.map((_, i) => `'.' || c${i}`).join(', ')} FROM read_csv('${path}', header = true,
      columns = ${columns}, quote = '"', escape = '"', delim = ',', new_line = '\\r\\n', max_line_size = 20000000,
      auto_detect = false, nullstr = 'null of nothing')`,
  );
  same(
    byAnother,
    expected.map((row) => row.map((text) => `.${text}`)),
  );
});

test('JSON Lines are the original records, one a line', async () => {
  const report = await harness.report(await tenant, 'jsonl');
  const text = report.entries.get('Activity report.jsonl')!.bytes.toString();
  assert.equal(text, generated.map(({ raw }) => `${raw}\n`).join(''));
  assert.deepEqual(
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).i),
    generated.map((_, i) => i),
  );
});

test('Parquet holds every text as it was, and times as times', async () => {
  const report = await harness.report(await tenant, 'parquet', { columns: columnNames });
  const path = saved(report.entries.get('Activity report.parquet')!.bytes, `${report.path}.parquet`);
  const rows = await byDuckDb(
    `SELECT epoch_ms(time), ${[...careColumns, 'raw'].map((name) => `'.' || ${name}`).join(', ')} FROM '${path}'`,
  );
  const expected = generated.map((one) => [
    BigInt(one.timeMs),
    ...[...careColumns, 'raw' as const].map((name) => `.${one[name]}`),
  ]);
  same(rows, expected);
  const types = await byDuckDb(
    `SELECT name, converted_type, logical_type FROM parquet_schema('${path}') WHERE name = 'time'`,
  );
  assert.match(String(types[0]), /isAdjustedToUTC=(true|1).*MILLI/);
});

function isCutOf(text: string, whole: string): boolean {
  const mark = '… [cut]';
  const kept = text.slice(0, -mark.length);
  return (
    text.endsWith(mark) &&
    text.length <= cellUnits &&
    text.length >= cellUnits - 1 &&
    whole.startsWith(kept) &&
    kept.isWellFormed()
  );
}

/** Equal row by row and cell by cell; a difference is named where it is, since a diff of megabytes takes a minute. */
function same(rows: readonly (readonly unknown[])[], expected: readonly (readonly unknown[])[]): void {
  assert.equal(rows.length, expected.length);
  rows.forEach((row, i) => {
    assert.equal(row.length, expected[i]!.length);
    row.forEach((value, j) => {
      const [shown, wanted] = [value, expected[i]![j]].map((one) => JSON.stringify(String(one)).slice(0, 200));
      assert.ok(value === expected[i]![j], `row ${i}, column ${j}: ${shown} instead of ${wanted}`);
    });
  });
}
