import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { defaultColumns } from '../../src/domain/columns.ts';
import { noFilters } from '../../src/domain/filters.ts';
import type { PageRow } from '../../src/domain/page.ts';
import { activity } from '../store/activities.ts';
import { openService } from './fixtures.ts';

const service = await openService();
after(() => service[Symbol.asyncDispose]());

/** The last question that the store was asked. */
const lastLookup = () => service.lookups.at(-1)!;

const row: PageRow = activity(1);
const everything = { tenant: 'contoso', source: 'google', period: { fromMs: null, untilMs: null }, ...noFilters };

test('a page asks for the newest hundred of the caller’s tenant, and shows every column but the original record', async () => {
  service.answerLookups(() => ({ rows: [row], next: null }));
  const { status, headers, body } = await service.json('/insights/activities?source=google');
  assert.deepEqual([status, headers.get('cache-control')], [200, 'no-store']);
  const ask = { order: 'newest', limit: 100, after: null, raw: false };
  const { name, tenant, question } = lastLookup();
  assert.deepEqual(
    { name, tenant, question },
    { name: 'page', tenant: 'contoso', question: { selection: everything, ask } },
  );
  const { timeMs, source: _, raw: _raw, ...texts } = row;
  assert.deepEqual(body, { activities: [{ time: new Date(timeMs).toISOString(), ...texts }], next: null });
  assert.deepEqual(Object.keys((body.activities as object[])[0]!), defaultColumns);
});

test('columns come as asked and in that order, raw only then; next leads to the page after, and only such a text does', async () => {
  const next = { timeMs: -5, activityId: 'id with ünïcode / + =' };
  service.answerLookups(() => ({ rows: [row], next }));
  const path = '/insights/activities?source=google&columns=raw,time&columns=user&order=oldest&limit=7';
  const { body } = await service.json(path);
  assert.deepEqual(Object.entries((body.activities as object[])[0]!), [
    ['raw', row.raw],
    ['time', new Date(row.timeMs).toISOString()],
    ['user', row.user],
  ]);
  assert.equal((await service.json(`${path}&after=${body.next}`)).status, 200);
  assert.deepEqual((lastLookup().question as { ask: object }).ask, {
    order: 'oldest',
    limit: 7,
    after: next,
    raw: true,
  });
  for (const wrong of [
    'x',
    '5',
    'NSA',
    `${body.next}=`,
    `${body.next}!`,
    Buffer.from('99999999999999 a').toString('base64url'),
  ]) {
    const refused = await service.json(`${path}&after=${wrong}`);
    assert.deepEqual([refused.status, refused.body.code], [400, 'parameter_invalid'], wrong);
    assert.match(String(refused.body.message), /after must be the next of the page before/);
  }
  service.answerLookups(() => ({ rows: [row], next: { timeMs: 0, activityId: 'x'.repeat(40_000) } }));
  assert.equal((await service.json(path)).status, 400);
});

test('the filters of an export are parameters; lists are repeated or separated by commas, users and results repeated only', async () => {
  service.answerLookups(() => ({ rows: [], others: 0, total: 0 }));
  const query = new URLSearchParams([
    ...Object.entries({ source: 'google', by: 'day', object: 'Doc', text: 'a,b', from: '2026-01-01T00:00:00+01:00' }),
    ['until', '2026-02-01T00:00:00+01:00'],
    ['users', 'Doe, Jane'],
    ['users', 'b@contoso.example'],
    ['results', 'no, thanks'],
    ['eventTypes', 'A,B'],
    ['services', 'SharePoint,Exchange'],
    ['services', 'OneDrive'],
    ['recordTypes', 'X'],
    ['clientIps', '[2001:db8::1]:443,192.0.2.7'],
    ['top', '5'],
    ['timeZone', 'europe/paris'],
  ]);
  // A plus sign that is not encoded is a space.
  const address = `/insights/activities/summary?${query}`.replace('%2B01', '+01');
  const { status, body } = await service.json(address);
  assert.deepEqual([status, body], [200, { by: 'day', timeZone: 'Europe/Paris', total: 0, rows: [], others: 0 }]);
  assert.deepEqual(lastLookup().question, {
    selection: {
      ...everything,
      object: 'Doc',
      text: 'a,b',
      period: { fromMs: Date.UTC(2025, 11, 31, 23), untilMs: Date.UTC(2026, 0, 31, 23) },
      users: ['Doe, Jane', 'b@contoso.example'],
      results: ['no, thanks'],
      eventTypes: ['A', 'B'],
      services: ['SharePoint', 'Exchange', 'OneDrive'],
      recordTypes: ['X'],
      clientIps: ['2001:db8::1', '192.0.2.7'],
    },
    ask: { by: 'day', top: 5, timeZone: 'Europe/Paris' },
  });
});

for (const [path, sentence] of [
  ['activities', /source is missing/],
  ['activities?source=all', /source must be one of microsoft365, google/],
  ['activities?source=google&limit=1001', /limit must be 1000 or less/],
  ['activities?source=google&limit=0', /limit must be 1 or more/],
  ['activities?source=google&order=up', /order must be one of newest, oldest/],
  ['activities?source=google&columns=colour', /columns\[0\] must be one of time, user/],
  ['activities?source=google&columns=time,time', /columns must not hold the same value twice/],
  ['activities?source=google&service=x', /service is not a known parameter; the nearest known name is services/],
  ['activities?source=google&user=a&users=b', /user and users are one filter/],
  ['activities?source=google&from=then', /from must be an ISO 8601 time/],
  [`activities?source=google&clientIps=${Array(101).fill('1').join(',')}`, /clientIps must have at most 100 items/],
  ['activities/summary?source=google', /by is missing/],
  [
    'activities/summary?source=google&by=colour',
    /by must be one of day, hour, user, activity, service, object, clientIp/,
  ],
  ['activities/summary?source=google&by=day&top=1001', /top must be 1000 or less/],
  ['activities/summary?source=google&by=day&timeZone=Mars', /timeZone must be the name of an IANA time zone/],
  ['store?source=google', /source is unknown; there is no parameter here/],
] as const) {
  test(`${path.slice(0, 70)} answers 400 with a sentence, and asks the store nothing`, async () => {
    const before = service.lookups.length;
    const { status, body } = await service.json(`/insights/${path}`);
    assert.equal(status, 400);
    assert.match(String(body.message), sentence);
    assert.equal(service.lookups.length, before);
  });
}

test('the zone is said only where days or hours are counted', async () => {
  service.answerLookups(() => ({ rows: [{ key: 'a', count: 3 }], others: 2, total: 5 }));
  const { body } = await service.json('/insights/activities/summary?source=google&by=user&timeZone=Europe/Paris');
  assert.deepEqual(body, { by: 'user', timeZone: null, total: 5, rows: [{ key: 'a', count: 3 }], others: 2 });
});

test('the store is shown by source, with the latest imports of the caller’s tenant and no other', async () => {
  const overview = { source: 'google' as const, rows: 3, bytes: 70, firstMs: 0, lastMs: 86_400_000 * 3, arrivedMs: 5 };
  const gaps = [{ first: '1970-01-02', last: '1970-01-03' }];
  service.answerLookups(() => ({ sources: [{ ...overview, missingDays: 2, gaps }] }));
  const post = (tenant: string) =>
    service.json('/insights/imports?fileName=a.csv', {
      method: 'POST',
      body: 'x',
      headers: { 'content-type': 'text/csv', authorization: `Bearer ${tenant}:exporter` },
    });
  const { body: own } = await post('contoso');
  await post('fabrikam');
  const { body } = await service.json('/insights/store');
  assert.deepEqual([lastLookup().name, lastLookup().question], ['overview', { tenant: 'contoso' }]);
  assert.deepEqual(body.sources, [
    {
      source: 'google',
      rows: 3,
      bytes: 70,
      firstActivity: '1970-01-01T00:00:00.000Z',
      lastActivity: '1970-01-04T00:00:00.000Z',
      newestArrival: '1970-01-01T00:00:00.005Z',
      missingDays: 2,
      gaps,
    },
  ]);
  assert.deepEqual(
    (body.imports as { jobId: number }[]).map(({ jobId }) => jobId),
    [own.jobId],
  );
});

test('when the client leaves, what the store is asked ends', async () => {
  for (const path of ['activities?source=google', 'activities/summary?source=google&by=day', 'store']) {
    const asked = Promise.withResolvers<void>();
    service.answerLookups(() => {
      asked.resolve();
      return new Promise<never>((_, reject) => {
        const { signal } = lastLookup();
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    });
    const leaving = new AbortController();
    const call = service.call(`/insights/${path}`, { signal: leaving.signal });
    await asked.promise;
    const { signal } = lastLookup();
    const ended = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    leaving.abort();
    await assert.rejects(call);
    await ended;
  }
});
