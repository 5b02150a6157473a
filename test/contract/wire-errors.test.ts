import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { limits } from '../../src/config.ts';
import { type Case, cases, Wire } from './wire.ts';

let wire: Wire;
before(async () => {
  wire = await Wire.open({ TRAILPORT_LEASE_MS: '600000', TRAILPORT_JOBS_WAITING: '12' });
});
after(() => wire[Symbol.asyncDispose]());

const anna = '/insights/users/anna%40contoso.com/activities/export';
const json = { 'content-type': 'application/json' };

const table: readonly Case[] = [
  {
    line: 'Content-Type application/json',
    request: 'GET /insights/job/424242',
    expected: { status: 404, code: 'job_unknown', headers: { 'content-type': 'application/json' } },
  },
  {
    line: 'application/problem+json when asked for',
    request: 'GET /insights/job/424242',
    headers: { accept: 'application/problem+json' },
    expected: { status: 404, code: 'job_unknown', headers: { 'content-type': 'application/problem+json' } },
  },
  {
    line: '400 bad parameter',
    request: `GET ${anna}?startTime=x`,
    expected: { status: 400, code: 'parameter_invalid' },
  },
  {
    line: '400 unknown parameter',
    request: `GET ${anna}?startTim=x`,
    expected: { status: 400, code: 'parameter_unknown' },
  },
  { line: '400 broken address', request: 'GET /insights/%', expected: { status: 400, code: 'parameter_invalid' } },
  {
    line: '400 broken body',
    request: 'POST /insights/exports',
    headers: json,
    body: '{"source":',
    expected: { status: 400, code: 'body_invalid' },
  },
  {
    line: '400 a body 10,000 deep',
    request: 'POST /insights/exports',
    headers: json,
    body: `{"source":"google","user":${'['.repeat(10_000)}${']'.repeat(10_000)}}`,
    expected: { status: 400, code: 'body_invalid' },
  },
  {
    line: '401 comes before 400',
    request: `GET ${anna}?startTime=x`,
    headers: { authorization: 'none' },
    expected: { status: 401, code: 'token_missing', headers: { 'www-authenticate': 'Bearer error="invalid_token"' } },
  },
  { line: '404 no such address', request: 'GET /insights/nothing', expected: { status: 404, code: 'route_unknown' } },
  ...['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD'].map((method) => ({
    line: `405 with Allow, ${method}`,
    request: `${method} ${anna}`,
    expected: { status: 405, code: 'method_not_allowed', headers: { allow: 'GET' } },
  })),
  {
    line: '405 with Allow, two methods',
    request: 'POST /insights/job/1/exportfile',
    expected: { status: 405, code: 'method_not_allowed', headers: { allow: 'GET, HEAD' } },
  },
  {
    line: '413 a JSON body over 1 MiB',
    request: 'POST /insights/exports',
    headers: json,
    body: JSON.stringify({ source: 'google', user: 'x'.repeat(2 ** 20) }),
    expected: { status: 413, code: 'body_too_large' },
  },
  {
    line: '415 a body that is no JSON',
    request: 'POST /insights/exports',
    headers: { 'content-type': 'text/plain' },
    body: '{}',
    expected: { status: 415, code: 'media_type_unsupported' },
  },
  {
    line: '415 a form where a file belongs',
    request: 'POST /insights/imports',
    headers: { 'content-type': 'multipart/form-data; boundary=x' },
    body: '--x--',
    expected: { status: 415, code: 'media_type_unsupported' },
  },
];
cases('1.5', () => wire, table);

test('1.5 the message names what is wrong, what was expected, and the nearest known name', async () => {
  for (const [query, sentence] of [
    ['startTime=x', /startTime must be an ISO 8601 time/],
    ['startTim=x', /startTim is not a known parameter; the nearest known name is startTime/],
    ['language=xx', /language must be one of en-US, ja-JP, fr-FR/],
  ] as const) {
    const { message } = (await (await wire.call(`GET ${anna}?${query}`)).json()) as { message: string };
    assert.match(message, sentence);
  }
});

test('1.5 while the worker is gone, what needs it answers 503 with Retry-After, and polls are answered', async () => {
  const since = wire.program.log.length;
  process.kill(wire.program.workerPid, 'SIGKILL');
  await wire.program.logged((line) => line.event === 'worker_ended', since);
  const answer = await wire.call('POST /insights/exports?dryRun=true', json, '{"source":"google"}');
  assert.equal(answer.status, 503);
  assert.match(answer.headers.get('retry-after') ?? '', /^[1-9][0-9]*$/);
  assert.equal(((await answer.json()) as { code: string }).code, 'not_ready');
  assert.equal((await wire.call('GET /insights/jobs')).status, 200);
  await wire.program.logged((line) => line.event === 'worker_ready', since);
});

test('1.6 the same start while it waits is the same jobId; no-cache, another request and another app are new', async () => {
  wire.program.holdWorker();
  const first = await wire.start('first', anna);
  assert.equal(await wire.start('again', anna), first);
  assert.equal(await wire.start('again', anna, { 'cache-control': 'max-age=0' }), first);
  assert.notEqual(await wire.start('other', `${anna}?eventTypes=A`), first);
  assert.notEqual(await wire.start('app', anna, { authorization: 'theirs' }), first);
  const fresh = await wire.start('fresh', anna, { 'cache-control': 'no-cache' });
  assert.notEqual(fresh, first);
  wire.program.releaseWorker();
  for (const id of [first, fresh]) assert.equal((await wire.program.ended(id)).jobStatus, 2);
  assert.notEqual(await wire.start('later', anna), first, 'once it has ended, the same start is a new job');
  await wire.program.ended(wire.jobs.later ?? '');
  await wire.program.ended(wire.jobs.other ?? '');
});

test('1.6 five exports of a tenant run at once; the sixth waits its turn, and another tenant does not wait', async () => {
  wire.program.holdWorker();
  const names = ['a', 'b', 'c', 'd', 'e'];
  const leases = [];
  for (const name of names) {
    await wire.start(name, `${anna}?eventTypes=${name}`);
    leases.push(await wire.claim(name));
  }
  const sixth = await wire.start('sixth', `${anna}?eventTypes=sixth`);
  wire.program.releaseWorker();
  const theirs = { authorization: 'theirs' };
  await wire.start('theirs', anna, theirs);
  const poll = await wire.call('GET /insights/job/{theirs}/exportstatus', { ...theirs, prefer: 'wait=60' });
  assert.equal(((await poll.json()) as { jobStatus: number }).jobStatus, 2);
  const { state, queuePosition } = await wire.program.json(`/insights/job/${sixth}`);
  assert.deepEqual([state, queuePosition], ['waiting', 1]);
  for (const lease of leases) await wire.fail(lease, { code: 'internal', message: 'The test is over.' });
  assert.equal((await wire.program.ended(sixth)).jobStatus, 2);
});

test('1.6 more are accepted up to a setting, first come first served, then 429 with Retry-After', async () => {
  assert.deepEqual([limits.exportsRunningPerTenant.value, limits.jobsWaitingPerTenant.value], [5, 1000]);
  wire.program.holdWorker();
  const waiting: string[] = [];
  for (let i = 0; i < 12; i++) waiting.push(await wire.start('next', `${anna}?eventTypes=wait${i}`));
  for (const [i, id] of waiting.entries()) {
    assert.equal((await wire.program.json(`/insights/job/${id}`)).queuePosition, i + 1);
  }
  const refused = await wire.call(`GET ${anna}?eventTypes=one-more`);
  assert.equal(refused.status, 429);
  assert.match(refused.headers.get('retry-after') ?? '', /^[1-9][0-9]*$/);
  assert.equal(((await refused.json()) as { code: string }).code, 'queue_full');
  assert.equal(await wire.start('same', `${anna}?eventTypes=wait0`), waiting[0], 'the same start adds nothing');
  wire.program.releaseWorker();
  for (const id of waiting) assert.equal((await wire.program.ended(id)).jobStatus, 2);
  const ended = await Promise.all(waiting.map((id) => wire.program.json(`/insights/job/${id}`)));
  const begun = ended.map(({ startedAt }) => String(startedAt));
  assert.deepEqual(begun, begun.toSorted());
});
