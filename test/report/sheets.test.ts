import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Failure } from '../../src/domain/failure.ts';
import { writeReport } from '../../src/report/report.ts';
import { activity } from '../store/activities.ts';
import { Harness, orderFor } from './harness.ts';
import { byDuckDb, cellsOf, entriesOf, parseStrictly, saved, workbookByExcelJs } from './readers.ts';
import { workbookOfSmallSheets } from './small-sheets.ts';

const harness = new Harness();
after(() => harness[Symbol.asyncDispose]());

const some = Array.from({ length: 25 }, (_, i) => activity(i));

test('rows continue on further sheets, none twice or missing, wherever a boundary falls', async () => {
  const tenant = await harness.keep(some);
  for (const [rowsPerSheet, sheets] of [
    [24, 2],
    [25, 1],
    [26, 1],
    [10, 3],
    [1, 25],
    [12, 3],
  ] as const) {
    const workbook = await workbookByExcelJs(await workbookOfSmallSheets(harness, tenant, rowsPerSheet));
    const names = workbook.worksheets.map(({ name }) => name);
    const expected = Array.from({ length: sheets }, (_, i) => (i === 0 ? 'Activities' : `Activities ${i + 1}`));
    assert.deepEqual(names, [...expected, 'Summary']);
    const ids = workbook.worksheets.slice(0, -1).flatMap((sheet) => {
      assert.equal(sheet.getCell('A1').value, 'Time (UTC)');
      assert.ok(sheet.getCell('A1').font.bold);
      assert.equal((sheet.views[0] as { ySplit?: number }).ySplit, 1);
      assert.equal(sheet.getTables().length, 1);
      return Array.from({ length: sheet.rowCount - 1 }, (_, i) => sheet.getCell(i + 2, 14).value);
    });
    assert.deepEqual(
      ids,
      some.map(({ activityId }) => activityId),
    );
  }
});

test('the digests are those of the files, and the progress ends with every row', async () => {
  const tenant = await harness.keep(some);
  for (const format of ['xlsx', 'csv', 'jsonl', 'parquet'] as const) {
    const report = await harness.report(tenant, format);
    const whole = await readFile(report.path);
    assert.equal(report.bytes, whole.length);
    assert.equal(report.sha256, sha256(whole));
    assert.equal(report.progress.at(-1), some.length);
    const manifest = JSON.parse(report.entries.get('manifest.json')!.bytes.toString());
    assert.deepEqual(manifest.files, report.files);
    for (const { name, bytes, sha256: digest, rows } of report.files) {
      const content = report.entries.get(name)!.bytes;
      assert.deepEqual([bytes, digest, rows], [content.length, sha256(content), some.length]);
    }
  }
});

test('the same question gives the same bytes, whatever the order of import', async () => {
  const one = await harness.keep(some);
  const other = await harness.keep(some.slice(10));
  const store = await harness.store();
  await store.add(other, 2 as never, some.slice(0, 12).reverse());
  for (const format of ['csv', 'jsonl'] as const) {
    const digests = [one, one, other].map(async (tenant) => (await harness.report(tenant, format)).files[0]!.sha256);
    assert.equal(new Set(await Promise.all(digests)).size, 1, format);
  }
  // Row groups follow the engine's blocks, which depend on the layout on disk: equal rows, not equal bytes.
  const parquet = [one, one, other].map(async (tenant) => {
    const { entries, path } = await harness.report(tenant, 'parquet');
    const rows = await byDuckDb(
      `SELECT * FROM '${saved(entries.get('Activity report.parquet')!.bytes, `${path}.parquet`)}'`,
    );
    return JSON.stringify(rows);
  });
  assert.equal(new Set(await Promise.all(parquet)).size, 1);
  const sheets = await Promise.all(
    [one, one, other].map(async (tenant) => {
      const report = await harness.report(tenant, 'xlsx');
      return sha256(
        (await entriesOf(report.entries.get('Activity report.xlsx')!.bytes)).get('xl/worksheets/sheet1.xml')!.bytes,
      );
    }),
  );
  assert.equal(new Set(sheets).size, 1);
});

test('a report that lost a row fails and never looks finished', async () => {
  const tenant = await harness.keep(some);
  const snapshot = { ...(await harness.snapshot(tenant)), rows: some.length + 1 };
  for (const format of ['xlsx', 'csv', 'jsonl', 'parquet'] as const) {
    const file = await open(join(harness.directory, `short-${format}.zip`), 'wx+');
    const follow = { onRows: () => undefined, signal: new AbortController().signal };
    await assert.rejects(
      writeReport(orderFor(tenant, format), snapshot, file, follow),
      (error) => error instanceof Failure && error.code === 'report_incomplete',
    );
    await file.close();
  }
});

test('every part of a workbook is strict XML, names nobody and refers to nothing outside', async () => {
  const report = await harness.report(await harness.keep(some), 'xlsx', { user: null });
  const parts = await entriesOf(report.entries.get('Activity report.xlsx')!.bytes);
  assert.equal([...parts.keys()][0], '[Content_Types].xml');
  for (const [name, { bytes }] of parts) {
    parseStrictly(bytes, { open: (_, attributes) => assert.notEqual(attributes.TargetMode, 'External', name) });
  }
  const properties = parts.get('docProps/core.xml')!.bytes.toString() + parts.get('docProps/app.xml')!.bytes;
  assert.doesNotMatch(properties, /creator|lastModifiedBy|created|Company|contoso/);
  assert.ok(cellsOf(parts.get('xl/worksheets/sheet1.xml')!.bytes).size >= 26 * 14);
});

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
