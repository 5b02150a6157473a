import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { columnNames, languages } from '../../src/domain/columns.ts';
import { timeZoneFrom } from '../../src/domain/time-zone.ts';
import { words } from '../../src/report/words/words.ts';
import { activity } from '../store/activities.ts';
import { Harness } from './harness.ts';
import { localTimes } from './local-times.ts';
import { byDuckDb, saved, workbookByExcelJs } from './readers.ts';

const harness = new Harness();
after(() => harness[Symbol.asyncDispose]());
const hourMs = 3_600_000;

test('local times are right across daylight-saving changes, in Paris, St. John’s, Lord Howe and Kathmandu', async () => {
  // Every quarter of an hour around both changes of 2026, north and south, and some of 1970 and 2100.
  const starts = [
    Date.UTC(2026, 2, 28, 22),
    Date.UTC(2026, 9, 24, 22),
    Date.UTC(2026, 3, 4, 10),
    Date.UTC(2026, 9, 3, 10),
  ];
  const times = starts.flatMap((start) => Array.from({ length: 24 * 4 }, (_, i) => start + (i * hourMs) / 4 + i));
  times.push(Date.UTC(1970, 0, 1), Date.UTC(2100, 6, 1, 12), Date.UTC(2026, 2, 8, 5, 29, 59, 999));
  times.sort((a, b) => a - b);
  const tenant = await harness.keep(times.map((timeMs, i) => activity(i, { timeMs })));
  for (const timeZone of ['Europe/Paris', 'America/St_Johns', 'Australia/Lord_Howe', 'Asia/Kathmandu']) {
    const { wall, iso } = localTimes(timeZone);
    const xlsx = await harness.report(tenant, 'xlsx', { timeZone });
    const sheet = (await workbookByExcelJs(xlsx.entries.get('Activity report.xlsx')!.bytes)).getWorksheet(
      'Activities',
    )!;
    assert.deepEqual([sheet.getCell('A1').value, sheet.getCell('B1').value], ['Time (UTC)', `Time (${timeZone})`]);
    times.forEach((ms, i) => {
      assert.equal((sheet.getCell(i + 2, 1).value as Date).getTime(), ms);
      assert.equal((sheet.getCell(i + 2, 2).value as Date).toISOString(), `${wall(ms)}Z`);
    });
    const csv = await harness.report(tenant, 'csv', { timeZone, columns: ['time'] });
    const lines = csv.entries.get('Activity report.csv')!.bytes.toString().trimEnd().split('\r\n').slice(1);
    assert.deepEqual(
      lines,
      times.map((ms) => `"${new Date(ms).toISOString()}","${iso(ms)}"`),
    );
    const parquet = await harness.report(tenant, 'parquet', { timeZone, columns: ['activityId', 'time'] });
    const path = saved(parquet.entries.get('Activity report.parquet')!.bytes, `${parquet.path}.parquet`);
    assert.deepEqual(
      await byDuckDb(`SELECT localTime FROM '${path}'`),
      times.map((ms) => [iso(ms)]),
    );
  }
});

test('a time zone is an IANA name in any case, or an alias; nothing else', () => {
  assert.equal(timeZoneFrom('timeZone', 'europe/paris'), 'Europe/Paris');
  assert.equal(timeZoneFrom('timeZone', 'US/Eastern'), 'America/New_York');
  assert.equal(timeZoneFrom('timeZone', 'utc'), 'UTC');
  for (const text of ['', '+01:00', 'Paris', "Europe/Paris'", 'Europe/Paris; DROP', '..', 'a'.repeat(500)]) {
    assert.throws(() => timeZoneFrom('timeZone', text), { code: 'parameter_invalid' }, text);
  }
});

test('titles and the Summary are in one language, with the columns as chosen and ordered', async () => {
  const tenant = await harness.keep([activity(1)]);
  const columns = ['raw', 'activityId', 'user', 'time'] as const;
  for (const language of languages) {
    const texts = words[language];
    assert.equal(new Set(Object.values(texts.titles)).size, columnNames.length);
    const { service, recordType, result, clientIp, item } = activity(1);
    const filters = {
      services: [service],
      recordTypes: [recordType],
      results: [result],
      clientIps: [clientIp],
      text: item,
    };
    const over = { language, columns, user: 'Megan@Contoso.example', ...filters };
    const report = await harness.report(tenant, 'xlsx', over);
    const book = await workbookByExcelJs(report.entries.get('Activity report.xlsx')!.bytes);
    const sheet = book.getWorksheet('Activities')!;
    const [titles, values] = [1, 2].map((row) => [1, 2, 3, 4].map((column) => sheet.getCell(row, column).value));
    assert.deepEqual(
      titles,
      columns.map((name) => texts.titles[name]),
    );
    const { raw, activityId, user, timeMs } = activity(1);
    assert.deepEqual(values, [raw, activityId, user, new Date(timeMs)]);
    const summary = new Map<unknown, unknown>();
    const days = new Map<string, unknown>();
    book.getWorksheet('Summary')!.eachRow((row) => {
      const [label, value] = [row.getCell(1).value, row.getCell(2).value];
      if (label instanceof Date) days.set(label.toISOString(), value);
      else summary.set(label, value);
    });
    for (const label of [...Object.values(texts.summary), ...Object.values(texts.sections), texts.activityReport]) {
      assert.ok(summary.has(label), `${language}: ${label}`);
    }
    const first = new Date(timeMs);
    const shown = (label: string) => summary.get(label);
    assert.equal(shown(texts.summary.user), 'Megan@Contoso.example');
    for (const [name, value] of Object.entries(filters)) {
      assert.equal(shown(texts.summary[name as keyof typeof filters]), String(value));
    }
    assert.deepEqual(
      [shown(texts.summary.rows), shown(texts.summary.counted), shown(texts.summary.written)],
      [1, 1, 1],
    );
    assert.equal(shown(texts.summary.complete), texts.yes);
    assert.equal(shown(texts.summary.app), 'Nightly audit (app-1)');
    assert.equal(shown(texts.summary.unknown), texts.none);
    assert.deepEqual(
      [shown(texts.summary.first), shown(texts.summary.last), shown(texts.summary.newest)],
      [first, first, first],
    );
    assert.deepEqual(shown(texts.summary.askedAt), new Date('2026-11-23T00:00:00.000Z'));
    assert.deepEqual(shown(texts.summary.readAt), new Date('2026-11-23T00:01:00.000Z'));
    assert.equal(shown(activity(1).activity), 1);
    assert.equal(days.get('2026-01-01T00:00:00.000Z'), 1);
  }
});
