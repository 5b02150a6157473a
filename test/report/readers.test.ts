import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { activity } from '../store/activities.ts';
import { Harness } from './harness.ts';
import { byOpenpyxl, soundBy } from './programs.ts';
import { saved, workbookByExcelJs } from './readers.ts';

const harness = new Harness();
after(() => harness[Symbol.asyncDispose]());

const tenant = harness.keep(Array.from({ length: 300 }, (_, i) => activity(i)));

test('unpackers find no error in the archives, which are stored and deflated as documented, with fixed times', async (t) => {
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
  const [byPython] = byOpenpyxl(saved(bytes, `${report.path}.xlsx`)) ?? [];
  if (byPython === undefined) return t.diagnostic('openpyxl is not here');
  assert.deepEqual(
    byPython.Activities!.slice(1).map(([time]) => [time![0], `${time![1]}Z`]),
    times.map((time) => [isDate(time) ? 'd' : 's', time]),
  );
});
