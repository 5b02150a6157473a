import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { activityOf, itemsOf, json, outline, readingOf } from '../reading.ts';

const moment = Date.UTC(2026, 2, 5, 8, 44, 12);
const ticks = `/Date(${moment})/`;

/** One moment as JSON values, as PowerShell and others write it. */
const written: readonly unknown[] = [
  '2026-03-05T08:44:12',
  '2026-03-05T09:44:12.0000000+01:00',
  ticks,
  `\\/Date(${moment})\\/`,
  `/Date(${moment}+0100)/`,
  { value: ticks, DisplayHint: 2, DateTime: 'Thursday, March 5, 2026 9:44:12 AM' },
  { DateTime: 'Thursday, March 5, 2026 8:44:12 AM' },
  { $date: '2026-03-05T08:44:12Z' },
  `@{value=${ticks}; DisplayHint=2; DateTime=Thursday, March 5, 2026 9:44:12 AM}`,
  '@{DateTime=Thursday, March 5, 2026 8:44:12 AM}',
  'Thursday, 5 March 2026 08:44:12',
  '2026/3/5 8:44:12',
  '05.03.2026 08:44:12',
  '5.3.2026, 8:44:12',
];

test('each way in which PowerShell and others write a time is the same moment, wherever a time stands', async () => {
  for (const value of written) {
    const text = JSON.stringify(value);
    assert.equal((await activityOf(json('a', { CreationTime: value }))).timeMs, moment, text);
    const graph = { id: 'a', createdDateTime: value, auditLogRecordType: 'X', auditData: {} };
    assert.equal((await activityOf(JSON.stringify(graph))).timeMs, moment, text);
    const row = { Identity: 'a', CreationDate: value, AuditData: '{"Operation":"X"}' };
    assert.equal((await activityOf(JSON.stringify([row]))).timeMs, moment, text);
    const sentinel = { OfficeId: 'a', TimeGenerated: value, Operation: 'X', UserId: 'u' };
    assert.equal((await activityOf(JSON.stringify(sentinel))).timeMs, moment, text);
    const google = { id: { time: value, uniqueQualifier: '1' }, events: [{ name: 'x' }] };
    assert.equal((await activityOf(JSON.stringify(google))).timeMs, moment, text);
  }
});

test('what resembles a time and is not one is set aside', async () => {
  const none = [
    '/Date(x)/',
    '/Date(1)',
    { DateTime: '' },
    {},
    [],
    '@{DateTime=soon}',
    '31/31/2026 00:00:00',
    '30.02.2026',
    '13:00 PM',
    '3/14/2025 13:00:00 PM',
    `${' '.repeat(200)}${'1'.repeat(100)}`,
    'Thursday, Floreal 5, 2026 8:44:12 AM',
  ];
  for (const CreationTime of none) {
    const [item] = await itemsOf(json('a', { CreationTime }));
    assert.equal(item?.kind, 'reject', JSON.stringify(CreationTime));
  }
});

const header = 'RecordId,CreationDate,AuditData';
const table = (...dates: readonly string[]) =>
  [header, ...dates.map((date, i) => `id-${i},${date},"{""Id"":""id-${i}"",""Operation"":""X""}"`)].join('\n');
const days = async (file: string | Buffer) =>
  (await itemsOf(file)).map((item) =>
    item.kind === 'activity' ? new Date(item.activity.timeMs).toISOString().slice(0, 10) : 'set aside',
  );

test('the whole file shows the order of its dates, wherever the date that shows it stands', async () => {
  const early = ['31/12/2025 23:15:00', '03/08/2026 11:57:12'];
  for (const dates of [early, early.toReversed()]) {
    const found = await days(table(...dates));
    assert.deepEqual(found.toSorted(), ['2025-12-31', '2026-08-03']);
    assert.deepEqual((await days(gzipSync(table(...dates)))).toSorted(), found.toSorted());
  }
  assert.deepEqual(await days(table('3/8/2026 11:57:12', '12/31/2025 23:15:00')), ['2026-03-08', '2025-12-31']);
  assert.deepEqual(await days(table('03-08-2026 11:57', '31-12-2025 23:15')), ['2026-08-03', '2025-12-31']);
  // Ten thousand rows later, and in a row whose own time is not needed.
  const own = `own,31/12/2025,"${json('own').replaceAll('"', '""')}"`;
  assert.deepEqual(
    (await days(`${table(...Array.from({ length: 10_000 }, () => '03/08/2026 11:57:12'))}\n${own}`)).slice(-2),
    ['2026-08-03', '2026-03-02'],
  );
});

test('in a file that shows no order, or both, dates that can be read either way are set aside with the reason', async () => {
  const none = await itemsOf(table('03/08/2026 11:57:12', '05/05/2026 00:00:00', '4/3/2026 1:00:00 AM'));
  const reason =
    /^CreationDate can be read as day or month first and no date of the file shows which; expected ISO 8601/;
  assert.deepEqual(
    none.map((item) => item.kind === 'reject' && reason.test(item.reason)),
    [true, false, true],
  );
  const both = await itemsOf(table('03/08/2026', '31/12/2025', '12/31/2025'));
  assert.ok(both[0]?.kind === 'reject' && /dates of the file show both orders/.test(both[0].reason));
  assert.deepEqual(
    both.slice(1).map((item) => item.kind),
    ['activity', 'activity'],
  );
});

test('the order that was found is said, and only where it was needed', async () => {
  assert.match((await readingOf(table('03/08/2026', '31/12/2025'))).assumed.join(), /read with the day first/);
  assert.match((await readingOf(table('03/08/2026', '12/31/2025'))).assumed.join(), /read with the month first/);
  assert.deepEqual((await readingOf(table('31/12/2025', '30/12/2025'))).assumed, []);
});

test('JSON whose times are dates without an order is treated alike', async () => {
  const file = [json('a', { CreationTime: '03/08/2026 11:57:12' }), json('b', { CreationTime: '31/12/2025 23:15:00' })];
  assert.deepEqual(await outline(file.join('\n')), ['1 a', '2 b']);
  assert.deepEqual(await outline(`[${file.join(',')}]`, { pieces: [5] }), ['1 a', '1 b']);
  assert.deepEqual(await outline(file[0]!), ['1 reject']);
});
