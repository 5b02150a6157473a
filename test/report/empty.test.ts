import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { parse } from 'csv-parse/sync';
import { columnNames, languages, reportFormats } from '../../src/domain/columns.ts';
import type { TenantId } from '../../src/domain/ids.ts';
import { reportColumns } from '../../src/report/columns.ts';
import { words } from '../../src/report/words/words.ts';
import { activity } from '../store/activities.ts';
import { Harness, type WrittenReport } from './harness.ts';
import { byOpenpyxl, byPython, soundBy, takenByLibreOffice } from './programs.ts';
import { byDuckDb, entriesOf, parseStrictly, saved } from './readers.ts';
import { byLibraries, readingsOf } from './workbooks.ts';

const harness = new Harness();
after(() => harness[Symbol.asyncDispose]());

/** A tenant without activities, and one with an activity that no question of these tests asks for. */
const nobody = { tenant: Promise.resolve('nobody' as TenantId), newest: null };
const other = { tenant: harness.keep([activity(1)]), newest: new Date(activity(1).timeMs).toISOString() };
const user = 'nobody@contoso.example';

/** Unpackers find no error, and the manifest says that there are no rows and that none is missing. */
function assertGood(
  report: WrittenReport,
  name: string,
  newest: string | null,
  missing: (what: string) => void,
): Buffer {
  assert.deepEqual([...report.entries.keys()], [name, 'manifest.json']);
  for (const tool of ['unzip', '7z'] as const) {
    const sound = soundBy(tool, report.path);
    if (sound === null) missing(`${tool} is not here`);
    else assert.ok(sound, `${tool} ${name}`);
  }
  const { bytes } = report.entries.get(name)!;
  const manifest = JSON.parse(report.entries.get('manifest.json')!.bytes.toString());
  assert.deepEqual(
    [manifest.rows, manifest.firstActivity, manifest.lastActivity, manifest.newestActivityInStore, manifest.complete],
    [0, null, null, newest, true],
  );
  assert.deepEqual([report.rows, manifest.cutValues, manifest.incompleteBecause], [0, 0, null]);
  assert.deepEqual(
    manifest.files.map((file: { name: string; rows: number; bytes: number }) => [file.name, file.rows, file.bytes]),
    [[name, 0, bytes.length]],
  );
  return bytes;
}

test('a workbook without rows has its titles and its Summary, for every reader, in every language', async (t) => {
  const paths: string[] = [];
  for (const [i, language] of languages.entries()) {
    const { tenant, newest } = i === 0 ? nobody : other;
    const over = { user, language, columns: columnNames, timeZone: i === 0 ? null : 'Asia/Kathmandu' };
    const report = await harness.report(await tenant, 'xlsx', over);
    const bytes = assertGood(report, 'Activity report.xlsx', newest, (what) => t.diagnostic(what));
    const path = saved(bytes, `${report.path}.xlsx`);
    const titles = reportColumns(over).map(({ title }) => title);
    const missing = (what: string) => t.diagnostic(what);
    const readings = i === 1 ? readingsOf(bytes, path, harness.directory, missing) : byLibraries(bytes);
    for (const { reader, sheets } of await readings) assert.deepEqual(sheets, [[titles]], `${reader}, ${language}`);
    for (const tool of ['unzip', '7z'] as const) assert.notEqual(soundBy(tool, path), false, tool);
    for (const part of (await entriesOf(bytes)).values()) parseStrictly(part.bytes);
    const [book] = byOpenpyxl(path) ?? [];
    if (book !== undefined) {
      const { summary, none, yes } = words[language];
      const said = new Map(book.Summary!.map(([label, value]) => [label![1], value![1]]));
      assert.deepEqual(
        [summary.rows, summary.first, summary.last, summary.complete, summary.newest].map((label) => said.get(label)),
        [0, none, none, yes, newest?.slice(0, -1) ?? none],
      );
    }
    paths.push(path);
  }
  for (const { formulas, types } of takenByLibreOffice(harness.directory, paths) ?? []) {
    // The Summary has times and numbers of rows.
    assert.deepEqual([formulas, [...types.keys()].sort()], [[], ['date', 'float', 'string']]);
  }
});

test('a CSV without rows is its titles, for readers in three languages', async (t) => {
  const over = { user, language: 'ja-JP', columns: columnNames, timeZone: 'Europe/Paris' } as const;
  const report = await harness.report(await other.tenant, 'csv', over);
  const bytes = assertGood(report, 'Activity report.csv', other.newest, (what) => t.diagnostic(what));
  const titles = reportColumns(over).map(({ title }) => title);
  assert.equal(bytes.toString(), `\ufeff${titles.map((title) => `"${title}"`).join(',')}\r\n`);
  assert.deepEqual(parse(bytes, { bom: true }), [titles]);
  const path = saved(bytes, `${report.path}.csv`);
  assert.deepEqual(byPython(path) ?? [titles], [titles]);
  assert.deepEqual(await byDuckDb(`SELECT * FROM read_csv('${path}', header = true)`), []);
  const named = await byDuckDb(`SELECT column_name FROM (DESCRIBE SELECT * FROM read_csv('${path}', header = true))`);
  assert.deepEqual(named.flat(), titles);
});

test('JSON Lines without rows are an empty file', async (t) => {
  const report = await harness.report(await other.tenant, 'jsonl', { user });
  const bytes = assertGood(report, 'Activity report.jsonl', other.newest, (what) => t.diagnostic(what));
  assert.equal(bytes.length, 0);
  const path = saved(bytes, `${report.path}.jsonl`);
  assert.deepEqual(await byDuckDb(`SELECT count(*) FROM read_json('${path}', format = 'newline_delimited')`), [[0n]]);
});

test('Parquet without rows has the columns and types that it has with rows', async (t) => {
  for (const timeZone of [null, 'Europe/Paris']) {
    const over = { columns: columnNames, timeZone };
    const report = await harness.report(await other.tenant, 'parquet', { ...over, user });
    const bytes = assertGood(report, 'Activity report.parquet', other.newest, (what) => t.diagnostic(what));
    const filled = await harness.report(await other.tenant, 'parquet', over);
    const [none, some] = [report, filled].map((one) => {
      return saved(one.entries.get('Activity report.parquet')!.bytes, `${one.path}.parquet`);
    });
    assert.ok(bytes.length > 0);
    assert.deepEqual(await byDuckDb(`SELECT count(*), max(activityId), max(time) FROM '${none}'`), [[0n, null, null]]);
    const schema = (path: string | undefined) =>
      byDuckDb(`SELECT name, type, converted_type, logical_type, repetition_type FROM parquet_schema('${path}')`);
    assert.deepEqual(await schema(none), await schema(some));
    const names = (await byDuckDb(`SELECT column_name FROM (DESCRIBE SELECT * FROM '${none}')`)).flat();
    assert.deepEqual(names, timeZone === null ? columnNames : columnNames.toSpliced(1, 0, 'localTime' as never));
  }
});

test('a tenant that has nothing gets a good report in every format', async (t) => {
  for (const format of reportFormats) {
    const report = await harness.report(await nobody.tenant, format);
    assertGood(report, `Activity report.${format}`, null, (what) => t.diagnostic(what));
  }
});
