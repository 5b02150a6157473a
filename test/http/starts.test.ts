import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import type { ExportRequest } from '../../src/domain/job.ts';
import { jobIdOf, openService } from './fixtures.ts';

const service = await openService();
after(() => service[Symbol.asyncDispose]());

async function understood(path: string, headers: Record<string, string> = {}): Promise<ExportRequest> {
  const { status, body } = await service.json(path, { headers: { 'cache-control': 'no-cache', ...headers } });
  assert.equal(status, 200, JSON.stringify(body));
  const { request } = await service.bench.job('contoso', jobIdOf(body));
  return request as ExportRequest;
}

const users = '/insights/users/anna%40contoso.com/activities/export';

test('a start answers exactly jobId as a string of digits, status and message, and is never stored', async () => {
  const { status, headers, body } = await service.json(users);
  assert.equal(status, 200);
  assert.match(String(body.jobId), /^[1-9][0-9]*$/);
  assert.deepEqual(body, { jobId: body.jobId, status: 200, message: '' });
  assert.equal(typeof body.jobId, 'string');
  assert.equal(headers.get('cache-control'), 'no-store');
});

for (const [path, source, user, object] of [
  [users, 'microsoft365', 'anna@contoso.com', null],
  ['/insights/google/users/anna%40contoso.com/activities/export', 'google', 'anna@contoso.com', null],
  ['/insights/google/activities/object/1AbC_x-9/export', 'google', null, '1AbC_x-9'],
  [
    '/insights/activities/object/https%3A%2F%2Fc.sharepoint.com%2Fsites%2FA%20b/export',
    'microsoft365',
    null,
    'https://c.sharepoint.com/sites/A b',
  ],
] as const) {
  test(`${path} exports from ${source}`, async () => {
    const request = await understood(path);
    assert.deepEqual([request.source, request.user, request.object], [source, user, object]);
    assert.deepEqual([request.format, request.language, request.timeZone], ['xlsx', 'en-US', null]);
  });
}

for (const [name, segment, user] of [
  ['a guest encoded once', 'a_b.com%23EXT%23%40c.com', 'a_b.com#EXT#@c.com'],
  ['a guest encoded twice', 'a_b.com%2523ext%2523%2540c.com', 'a_b.com#ext#@c.com'],
  ['a user not encoded at all', 'anna@contoso.com', 'anna@contoso.com'],
  ['a user beyond ASCII', encodeURIComponent('Zoë.Øst@例え.jp'), 'Zoë.Øst@例え.jp'],
  ['a user beyond ASCII, encoded twice', encodeURIComponent(encodeURIComponent('Zoë@例え.jp')), 'Zoë@例え.jp'],
  ['a user with a NUL and a line feed', 'a%00b%0A', 'a\0b\n'],
  ['a user with a slash and a plus', 'NT%20AUTHORITY%5CSYSTEM%2Fx+y', 'NT AUTHORITY\\SYSTEM/x+y'],
] as const) {
  test(`${name} is understood`, async () => {
    assert.equal((await understood(`/insights/users/${segment}/activities/export`)).user, user);
  });
}

test('objects of 4,096 characters of any kind are understood, encoded once or twice', async () => {
  const prefix = 'https://contoso.sharepoint.com/sites/';
  for (const letter of ['a', 'é', '例', ' ']) {
    const object = prefix + letter.repeat(4096 - prefix.length);
    const once = encodeURIComponent(object);
    assert.equal((await understood(`/insights/activities/object/${once}/export`)).object, object);
    const twice = encodeURIComponent(once);
    assert.equal((await understood(`/insights/activities/object/${twice}/export`)).object, object);
  }
});

test('a user or object of more than 8,192 characters answers 400', async () => {
  for (const [path, name] of [
    ['/insights/users/{}/activities/export', 'email'],
    ['/insights/google/activities/object/{}/export', 'id'],
  ] as const) {
    assert.equal((await service.json(path.replace('{}', 'a'.repeat(8192)))).status, 200);
    const { status, body } = await service.json(path.replace('{}', 'a'.repeat(8193)));
    assert.deepEqual([status, body.message], [400, `${name} must have at most 8192 characters; shorten it.`]);
  }
});

test('whatever a user is called, one layer of encoding brings the name through', async () => {
  const name = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !/%[0-9a-f]{2}/i.test(text));
  await fc.assert(
    fc.asyncProperty(name, async (user) => {
      const path = `/insights/users/${encodeURIComponent(user).replaceAll('.', '%2E')}/activities/export`;
      assert.equal((await understood(path)).user, user);
    }),
  );
});

for (const [query, from, until] of [
  ['', null, null],
  ['?startTime=2026-11-23T17:00:00', '2026-11-23T17:00:00.000Z', null],
  ['?finishTime=2026-11-23T17:00:00', null, '2026-11-23T17:00:01.000Z'],
  ['?endTime=2026-11-23T17:00:00', null, '2026-11-23T17:00:01.000Z'],
  ['?startTime=2026-11-23T18:00:00%2B01:00', '2026-11-23T17:00:00.000Z', null],
  ['?startTime=2026-11-23T18:00:00+01:00', '2026-11-23T17:00:00.000Z', null],
  ['?finishTime=2026-11-23T17:00:00.5Z', null, '2026-11-23T17:00:00.600Z'],
] as const) {
  test(`the period of "${query}" is from ${from} until ${until}`, async () => {
    const request = await understood(users + query);
    assert.deepEqual([request.from, request.until], [from, until]);
  });
}

test('eventTypes may be given once, repeated, separated by commas, twice the same, and by any name', async () => {
  for (const [query, expected] of [
    ['eventTypes=ListViewed', ['ListViewed']],
    ['eventTypes=ListViewed&eventTypes=ListItemViewed', ['ListViewed', 'ListItemViewed']],
    ['eventTypes=ListViewed,ListItemViewed', ['ListViewed', 'ListItemViewed']],
    ['eventTypes=A%2CB&eventTypes=C', ['A', 'B', 'C']],
    ['eventTypes=B&eventTypes=A&eventTypes=B', ['B', 'A']],
    ['eventTypes=Add+member%20to%20role.', ['Add member to role.']],
  ] as const) {
    assert.deepEqual((await understood(`${users}?${query}`)).eventTypes, expected);
  }
});

test('language is understood in any case', async () => {
  assert.equal((await understood(`${users}?language=ja-jp`)).language, 'ja-JP');
});

for (const [query, sentence] of [
  ['startTme=2026-01-01', /startTme.*startTime/],
  ['STARTTIME=2026-01-01', /STARTTIME.*startTime/],
  ['user=anna', /user is not a known parameter/],
  ['__proto__=x', /__proto__ is not a known parameter/],
  ['startTime=', /startTime must not be empty/],
  ['startTime', /startTime must not be empty/],
  ['eventTypes=A&eventTypes=', /eventTypes must not be empty/],
  ['eventTypes=A,,B', /eventTypes must not be empty/],
  [Array(1001).fill('eventTypes=A').join('&'), /eventTypes must have at most 1000 items/],
  [`eventTypes=${Array(9000).fill('A').join(',')}`, /eventTypes must have at most 1000 items/],
  [`eventTypes=${'A'.repeat(257)}`, /eventTypes\[0\] must have at most 256 characters/],
  [Array(64_000).fill('a').join('&'), /The query has more than 1100 parameters/],
  ['&'.repeat(1100), /The query has more than 1100 parameters/],
  [`${'n'.repeat(257)}=1`, /A parameter has a name of more than 256 characters/],
  [`startTime=${'T'.repeat(100_000)}`, /startTime must have at most 64 characters/],
  ['startTime=2026-01-01&startTime=2026-01-02', /startTime must be given once; it was given 2 times/],
  ['startTime=yesterday', /startTime must be an ISO 8601 time/],
  ['finishTime=2026-02-30', /finishTime must be an ISO 8601 time/],
  ['endTime=nonsense', /endTime must be an ISO 8601 time/],
  ['startTime=2026-01-02&finishTime=2026-01-01', /startTime must not be later than finishTime/],
  ['finishTime=2026-01-01&endTime=2026-01-01', /finishTime and endTime/],
  ['language=de-DE', /language must be one of en-US, ja-JP, fr-FR/],
  ['startTime=%zz', /percent-encoding/],
  ['startTime=%ff', /percent-encoding/],
  ['access_token=secret', /access_token must not be in the address/],
] as const) {
  test(`"${query.slice(0, 80)}" answers 400 with a sentence, and starts nothing`, async () => {
    const { body: before } = await service.json('/insights/jobs?limit=1');
    const { status, body } = await service.json(`${users}?${query}`);
    assert.equal(status, 400);
    assert.match(String(body.message), sentence);
    assert.deepEqual((await service.json('/insights/jobs?limit=1')).body, before);
  });
}

test('an empty user or object answers 400, badly encoded ones too', async () => {
  for (const path of [
    '/insights/users//activities/export',
    '/insights/activities/object//export',
    '/insights/users/%zz/activities/export',
    '/insights/users/%C3/activities/export',
    '/insights/users/a%/activities/export',
  ]) {
    assert.equal((await service.json(path)).status, 400, path);
  }
});

test('the same start while it waits is the same job; no-cache, another app and another question are new ones', async () => {
  const path = '/insights/users/same%40contoso.com/activities/export';
  const id = async (query = '', headers: Record<string, string> = {}) =>
    (await service.json(path + query, { headers })).body.jobId;
  const first = await id();
  assert.equal(await id(), first);
  assert.notEqual(await id('?eventTypes=A'), first);
  assert.notEqual(await id('', { authorization: 'Bearer contoso:other' }), first);
  const fresh = await id('', { 'cache-control': 'max-age=0, no-cache' });
  assert.notEqual(fresh, first);
});

test('a start is a GET alone: HEAD starts nothing', async () => {
  const { body: before } = await service.json('/insights/jobs?limit=1');
  const answer = await service.call(users, { method: 'HEAD' });
  assert.deepEqual([answer.status, answer.headers.get('allow')], [405, 'GET']);
  assert.deepEqual((await service.json('/insights/jobs?limit=1')).body, before);
});
