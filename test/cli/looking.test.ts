import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textWidth } from '../../src/kit/print.ts';
import { environmentOf, json, run, TinyService } from './tiny-service.ts';

const activity = (number: number) => ({
  time: `2026-03-01T08:00:0${number % 10}.${number % 2 === 0 ? '000' : '125'}Z`,
  user: `${'very.long.name.'.repeat(3)}${number}@contoso.example`,
  activity: 'FileAccessed',
  item: number === 3 ? '' : `日本語の資料 ${'plan '.repeat(10)}${number}.docx`,
  object: `https://contoso.example/${number}`,
  service: 'SharePoint\u0007',
  clientIp: '192.0.2.7',
});

/** Pages of two activities each. */
async function paged(activities: readonly object[]): Promise<TinyService> {
  const service = await TinyService.start();
  service.answers.set('GET /insights/activities', (request, response) => {
    const query = new URL(request.url!, service.url).searchParams;
    const start = Number(query.get('after') ?? 0);
    const end = start + Math.min(2, Number(query.get('limit')));
    json(response, 200, {
      activities: activities.slice(start, end),
      next: end < activities.length ? String(end) : null,
    });
  });
  return service;
}

test('activities: a table that fits the terminal, whole in a pipe; more is said on standard error', async () => {
  await using service = await paged([1, 2, 3, 4, 5].map(activity));
  const env = environmentOf(service);
  const narrow = await run(['activities', '--limit', '3'], { env, columns: 80 });
  assert.equal(narrow.status, 0, narrow.err);
  const lines = narrow.out.trimEnd().split('\n');
  assert.ok(
    lines.every((line) => textWidth(line) <= 80),
    narrow.out,
  );
  assert.match(lines[0]!, /^Time \(UTC\) +User +Activity +Item +Service +Client IP$/);
  assert.match(narrow.out, /^2026-03-01 08:00:02 {6}very\.lon… {2}/m);
  assert.match(narrow.err, /There are more activities: use --limit or --all\.\n$/);
  const wide = await run(['activities', '--all'], { env });
  assert.match(
    wide.out,
    /^2026-03-01 08:00:02 +very\.long\.name\.very\.long\.name\.very\.long\.name\.2@contoso\.example /m,
  );
  assert.match(wide.out, /^2026-03-01 08:00:01\.125 /m);
  // Where there is no item, the object; a control character is not sent to the terminal.
  assert.match(wide.out, /https:\/\/contoso\.example\/3 +SharePoint\ufffd/);
  assert.equal(wide.out.match(/^2026-/gm)?.length, 5);
  assert.equal(wide.err, '');
  const asked = service.requests.filter((request) => request.includes('/insights/activities'));
  assert.match(asked[0]!, /\?source=microsoft365&order=newest&limit=3$/);
});

test('activities --json is one document, however many pages; without any it is a good one too', async () => {
  const all = [1, 2, 3, 4, 5].map(activity);
  await using service = await paged(all);
  const env = environmentOf(service);
  const { out } = await run(['activities', '--all', '--oldest', '--columns', 'time,raw', '--google', '--json'], {
    env,
  });
  assert.deepEqual(JSON.parse(out), { activities: all, next: null });
  assert.match(service.requests.at(-1)!, /\?source=google&order=oldest&columns=time%2Craw&limit=1000&after=4$/);
  const three = JSON.parse((await run(['activities', '--limit', '3', '--json'], { env })).out) as { next: string };
  assert.deepEqual(three, { activities: all.slice(0, 3), next: '3' });
  await using empty = await paged([]);
  const none = await run(['activities', '--json'], { env: environmentOf(empty) });
  assert.deepEqual(JSON.parse(none.out), { activities: [], next: null });
  assert.equal((await run(['activities'], { env: environmentOf(empty) })).out, 'No activities.\n');
});

test('summary: bars in proportion that fit the terminal, the others and the total', async () => {
  await using service = await TinyService.start();
  const rows = [
    { key: 'megan@contoso.example', count: 4000 },
    { key: '', count: 1000 },
  ];
  const summary = { by: 'user', timeZone: null, total: 6234, rows, others: 1234 };
  service.answers.set('GET /insights/activities/summary', (_, response) => json(response, 200, summary));
  const env = environmentOf(service);
  const { out } = await run(['summary', '--by', 'user', '--text', 'a&b', '--event', 'A', '--event', 'B'], {
    env,
    columns: 60,
  });
  const bar = (length: number) => '█'.repeat(length);
  assert.equal(
    out,
    [
      'User                   Activities',
      `megan@contoso.example       4,000  ${bar(25)}`,
      `(none)                      1,000  ${bar(6)}`,
      'Others                      1,234',
      'Total                       6,234',
      '',
    ].join('\n'),
  );
  assert.match(service.requests.at(-1)!, /\?source=microsoft365&eventTypes=A&eventTypes=B&text=a%26b&by=user&top=20$/);
  const { out: narrow } = await run(['summary', '--by', 'user'], { env, columns: 40 });
  assert.ok(
    narrow.split('\n').every((line) => textWidth(line) <= 40),
    narrow,
  );
  assert.deepEqual(JSON.parse((await run(['summary', '--by', 'user', '--json'], { env })).out), summary);
});

test('store: what is there of each source, days without activity, and what the latest imports did', async () => {
  await using service = await TinyService.start();
  const times = { firstActivity: '2026-01-01T00:00:00.000Z', lastActivity: '2026-01-09T00:00:00.000Z' };
  const gaps = [
    { first: '2026-01-02', last: '2026-01-03' },
    { first: '2026-01-05', last: '2026-01-05' },
  ];
  const source = { source: 'google', rows: 1234, bytes: 2048, ...times, newestArrival: null, missingDays: 3, gaps };
  const result = { read: 10, added: 7, duplicates: 2, rejected: 1 };
  const job = { jobId: 3, type: 'import', createdAt: '2026-02-01T10:20:30.000Z', state: 'finished', result };
  const store = { sources: [source], imports: [{ ...job, request: { fileName: 'a.csv', bytes: 5 } }] };
  service.answers.set('GET /insights/store', (_, response) => json(response, 200, store));
  const env = environmentOf(service);
  const { out } = await run(['store'], { env });
  assert.match(out, /^Google Workspace +1,234 +2026-01-01 00:00 +2026-01-09 00:00 +2\.0 KiB$/m);
  assert.match(
    out,
    /^Google Workspace has 3 days without any activity:\n {2}2026-01-02 to 2026-01-03\n {2}2026-01-05\n/m,
  );
  assert.match(out, /^ +3 +2026-02-01 10:20 +finished +10 +7 +2 +1 +a\.csv \(5 bytes\)$/m);
  assert.deepEqual(JSON.parse((await run(['store', '--json'], { env })).out), store);
});
