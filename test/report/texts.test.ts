import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { parse } from 'csv-parse/sync';
import { columnNames, defaultColumns, reportFormats } from '../../src/domain/columns.ts';
import { csvRow, same, textColumns } from './expected.ts';
import { Harness } from './harness.ts';
import { byPython, soundBy } from './programs.ts';
import { byDuckDb, saved } from './readers.ts';
import { seed, wholeCorpus } from './whole-corpus.ts';

const harness = new Harness();
after(() => harness[Symbol.asyncDispose]());
const corpus = wholeCorpus(harness);

test('CSV holds every text as it was imported, after an apostrophe where a spreadsheet would see a formula', async (t) => {
  const { tenant, rows } = await corpus;
  const columns = ['raw', ...defaultColumns] as const;
  const timeZone = 'America/St_Johns';
  const report = await harness.report(tenant, 'csv', { columns, timeZone });
  const { bytes } = report.entries.get('Activity report.csv')!;
  assert.equal(bytes.subarray(0, 3).toString('hex'), 'efbbbf');
  const expected = rows.map(({ expected }) => csvRow(expected, columns, timeZone));
  const byNode: string[][] = parse(bytes, { bom: true, record_delimiter: '\r\n' });
  same(byNode.slice(1), expected, `csv-parse, seed ${seed}`);
  const unquoted = bytes.toString().replace(/"(?:[^"]|"")*"/g, '');
  assert.match(unquoted, /^\ufeff(?:,{15}\r\n)+$/, 'every field is quoted and every line ends with CRLF');

  const path = saved(bytes, `${report.path}.csv`);
  const python = byPython(path);
  if (python === null) t.diagnostic('Python is not here');
  else same(python, byNode, `Python, seed ${seed}`);
  const types = `{${byNode[0]!.map((_, i) => `'c${i}': 'VARCHAR'`).join(', ')}}`;
  // The leading full stop is for DuckDB's JavaScript side, which removes a byte order mark from a text.
  const byAnother = await byDuckDb(
    `SELECT ${byNode[0]!.map((_, i) => `'.' || c${i}`).join(', ')} FROM read_csv('${path}', header = true,
      columns = ${types}, quote = '"', escape = '"', delim = ',', new_line = '\\r\\n', max_line_size = 20000000,
      auto_detect = false, nullstr = 'null of nothing')`,
  );
  same(
    byAnother,
    expected.map((row) => row.map((text) => `.${text}`)),
    `DuckDB, seed ${seed}`,
  );
});

test('JSON Lines are the original records, one a line, with their lone surrogates', async () => {
  const { tenant, rows } = await corpus;
  const report = await harness.report(tenant, 'jsonl', { columns: ['user'], timeZone: 'Asia/Kathmandu' });
  const text = report.entries.get('Activity report.jsonl')!.bytes.toString();
  assert.ok(text.endsWith('\n'));
  const lines = text.slice(0, -1).split('\n');
  same(
    lines.map((line) => [line]),
    rows.map(({ expected }) => [expected.raw]),
    `as text, seed ${seed}`,
  );
  same(
    lines.map((line) => {
      const parsed = JSON.parse(line);
      return Object.values(parsed.auditData ?? parsed);
    }),
    rows.map(({ record }) => Object.values(record)),
    `JSON.parse, seed ${seed}`,
  );
  const lone = rows.filter(({ record }) => Object.values(record).some((one) => !one.isWellFormed()));
  assert.ok(lone.length > 50, 'the original records hold lone surrogates');
});

test('Parquet holds every text as it was imported, and times as times', async () => {
  const { tenant, rows } = await corpus;
  const report = await harness.report(tenant, 'parquet', { columns: columnNames, language: 'ja-JP' });
  const path = saved(report.entries.get('Activity report.parquet')!.bytes, `${report.path}.parquet`);
  const found = await byDuckDb(
    `SELECT epoch_ms(time), ${textColumns.map((name) => `'.' || "${name}"`).join(', ')} FROM '${path}'`,
  );
  const expected = rows.map(({ expected }) => [
    BigInt(expected.timeMs),
    ...textColumns.map((name) => `.${expected[name]}`),
  ]);
  same(found, expected, `DuckDB, seed ${seed}`);
  const types = await byDuckDb(
    `SELECT name, converted_type, logical_type FROM parquet_schema('${path}') WHERE name = 'time'`,
  );
  assert.match(String(types[0]), /isAdjustedToUTC=(true|1).*MILLI/);
});

test('unpackers find no error in the archives of such texts', async (t) => {
  const { tenant } = await corpus;
  for (const format of reportFormats) {
    const report = await harness.report(tenant, format, { columns: columnNames });
    const files = [`Activity report.${format}`, ...(format === 'xlsx' ? ['overflow.jsonl'] : []), 'manifest.json'];
    assert.deepEqual([...report.entries.keys()], files);
    for (const tool of ['unzip', '7z'] as const) {
      const sound = soundBy(tool, report.path);
      if (sound === null) t.diagnostic(`${tool} is not here`);
      else assert.ok(sound, `${tool} ${format}`);
    }
  }
});
