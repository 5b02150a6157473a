import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { jobIdOf, openService } from './fixtures.ts';

const service = await openService();
after(() => service[Symbol.asyncDispose]());
const { bench } = service;

let people = 0;
async function start(): Promise<number> {
  const { body } = await service.json(`/insights/users/person${++people}%40contoso.com/activities/export`);
  return jobIdOf(body);
}

function status(id: number | string, headers: Record<string, string> = {}) {
  return service.json(`/insights/job/${id}/exportstatus`, { headers });
}

test('a job is 1 while it waits and runs, 2 when finished and for ever after, with progress meanwhile', async () => {
  const id = await start();
  const waiting = await status(id);
  assert.deepEqual(waiting.body, { jobStatus: 1, status: 200, message: '' });
  assert.equal(waiting.headers.get('retry-after'), '1');
  assert.equal(waiting.headers.get('x-progress'), 'waiting, number 1 in the queue');

  const lease = await bench.claim();
  await bench.progress(lease, { rows: 61_200, rowsTotal: 145_000, percent: 42 });
  const running = await status(id);
  assert.deepEqual(running.body, waiting.body);
  assert.equal(running.headers.get('x-progress'), '42%, 61200 of 145000 rows');
  assert.match(running.headers.get('retry-after') ?? '', /^([1-9]|[12][0-9]|30)$/);

  await bench.finish(lease);
  const finished = await status(id);
  assert.deepEqual(finished.body, { jobStatus: 2, status: 200, message: '' });
  assert.deepEqual([finished.headers.get('retry-after'), finished.headers.get('x-progress')], [null, null]);
  await bench.expire('contoso', lease.id);
  assert.deepEqual((await status(id)).body, finished.body);
});

test('a failed job is 3 with its reason, a cancelled one 3 with a plain sentence', async () => {
  const failed = await start();
  await bench.fail(await bench.claim(), { code: 'disk_full', message: 'The disk is full; free space.' });
  assert.deepEqual((await status(failed)).body, {
    jobStatus: 3,
    status: 200,
    message: 'The disk is full; free space.',
  });
  const cancelled = await start();
  await service.call(`/insights/job/${cancelled}`, { method: 'DELETE' });
  const { body } = await status(cancelled);
  assert.equal(body.jobStatus, 3);
  assert.match(String(body.message), /cancelled/);
});

test('Retry-After comes from the pace so far, and from the queue', async () => {
  const id = await start();
  const lease = await bench.claim();
  await bench.progress(lease, { rows: 500, rowsTotal: 1000, percent: 50 });
  bench.ahead(20_000);
  assert.match((await status(id)).headers.get('retry-after') ?? '', /^2[0-9]$/);
  const { body } = await service.json(`/insights/job/${id}`);
  assert.ok(Number(body.etaSeconds) >= 20 && Number(body.etaSeconds) < 30);
  await bench.finish(lease);
  const [, , third] = [await start(), await start(), await start()];
  assert.equal((await status(third)).headers.get('retry-after'), '3');
  for (let i = 0; i < 3; i++) await bench.finish(await bench.claim());
});

for (const id of ['0', '-1', '1.5', 'abc', '99999999999999999999', '%00', '1e3', '+5', '']) {
  test(`the job id "${id}" is no positive integer: 400`, async () => {
    const { status: answered, body } = await status(id);
    assert.deepEqual([answered, body.code], [400, 'parameter_invalid']);
  });
}

test("an unknown job and another tenant's answer the same in every byte but the request id", async () => {
  const id = await start();
  for (const call of ['exportstatus', 'exportfile', 'rejects', '']) {
    const path = (job: number) => `/insights/job/${job}${call === '' ? '' : `/${call}`}`;
    const headers = { authorization: 'Bearer fabrikam:exporter', 'x-request-id': 'same', connection: 'close' };
    const answers = await Promise.all(
      [id, 123_456].map(async (job) => {
        const answer = await service.call(path(job), { headers });
        const all = Object.fromEntries(answer.headers);
        return { status: answer.status, all: { ...all, date: '' }, text: await answer.text() };
      }),
    );
    assert.equal(answers[0]?.status, 404);
    assert.deepEqual(answers[0], answers[1]);
  }
  await bench.finish(await bench.claim());
});

test('Prefer: wait answers as soon as the job ends and says what was applied', async () => {
  const id = await start();
  const poll = status(id, { prefer: 'respond-async, wait=60' });
  await bench.finish(await bench.claim());
  const { body, headers } = await poll;
  assert.equal(body.jobStatus, 2);
  assert.equal(headers.get('preference-applied'), 'wait=60');
});

test('Prefer: wait answers after its seconds at the latest, at most 60, and is passed over when it is none', async () => {
  const id = await start();
  const { body, headers } = await status(id, { prefer: 'wait=0' });
  assert.deepEqual([body.jobStatus, headers.get('preference-applied')], [1, 'wait=0']);
  for (const prefer of ['wait=-1', 'wait=soon', 'wait', 'await=5', '']) {
    assert.equal((await status(id, { prefer })).headers.get('preference-applied'), null, prefer);
  }
  const startedMs = performance.now();
  const second = await status(id, { prefer: 'wait=1' });
  const tookMs = performance.now() - startedMs;
  assert.deepEqual([second.body.jobStatus, second.headers.get('preference-applied')], [1, 'wait=1']);
  assert.ok(tookMs >= 1000 && tookMs < 2000, `${tookMs} ms`);
  await bench.finish(await bench.claim());
  assert.equal((await status(id, { prefer: 'wait="600"; x' })).headers.get('preference-applied'), 'wait=60');
});

test('ETag and If-None-Match: 304 while nothing changed, 200 when it has', async () => {
  const id = await start();
  const etag = (await status(id)).headers.get('etag') ?? '';
  assert.match(etag, /^"[^"]+"$/);
  for (const match of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
    const answer = await service.call(`/insights/job/${id}/exportstatus`, { headers: { 'if-none-match': match } });
    assert.deepEqual([answer.status, await answer.text(), answer.headers.get('etag')], [304, '', etag]);
  }
  await bench.finish(await bench.claim());
  assert.equal((await status(id, { 'if-none-match': etag })).status, 200);
});

test('a caller that hangs up frees its wait, and closing answers those who still wait', async () => {
  const own = await openService();
  const { body } = await own.json('/insights/users/a/activities/export');
  const path = `/insights/job/${body.jobId}/exportstatus`;
  const hangUp = new AbortController();
  const left = own.call(path, { headers: { prefer: 'wait=60' }, signal: hangUp.signal });
  const held = own.json(path, { headers: { prefer: 'wait=60' } });
  while (own.held() < 2) await own.json('/healthz');
  hangUp.abort();
  await assert.rejects(left);
  while (own.held() > 1) await own.json('/healthz');
  const startedMs = performance.now();
  await Promise.all([own.close(), held.then(({ body: told }) => assert.equal(told.jobStatus, 1))]);
  assert.ok(performance.now() - startedMs < 5000);
  await own[Symbol.asyncDispose]();
});

test('a plain poll, which is answered in front of the router, is answered as the route answers it', async (t) => {
  const own = await openService();
  t.after(() => own[Symbol.asyncDispose]());
  const started: number[] = [];
  for (const user of ['a', 'b', 'c']) {
    started.push(jobIdOf((await own.json(`/insights/users/${user}/activities/export`)).body));
  }
  const [running = 0, finished = 0, failed = 0] = started;
  const leases = new Map<number, Awaited<ReturnType<typeof own.bench.claim>>>();
  while (leases.size < 3) {
    const lease = await own.bench.claim();
    leases.set(lease.id, lease);
  }
  const waiting = jobIdOf((await own.json('/insights/users/d/activities/export')).body);
  await own.bench.progress(leases.get(running)!, { rows: 1, rowsTotal: 2, percent: 50 });
  await own.bench.finish(leases.get(finished)!);
  await own.bench.fail(leases.get(failed)!, { code: 'internal', message: 'It broke.' });
  const answered = async (job: number, headers: Record<string, string>) => {
    const before = own.logged().length;
    const { status, headers: of, body } = await own.json(`/insights/job/${job}/exportstatus`, { headers });
    const { date: _, 'x-request-id': id, ...rest } = Object.fromEntries(of);
    assert.match(id ?? '', /^[0-9a-f-]{36}$|^given$/);
    return { plain: own.logged().slice(before).includes('"plain":true'), told: { status, rest, body } };
  };
  for (const job of [waiting, running, finished, failed]) {
    const [plain, routed] = [await answered(job, {}), await answered(job, { 'x-request-id': 'given' })];
    assert.deepEqual([plain.plain, routed.plain], [true, false]);
    assert.deepEqual(plain.told, routed.told);
  }
  assert.equal((await own.json('/insights/job/999/exportstatus')).status, 404);
  assert.equal((await own.json(`/insights/job/${waiting}/exportstatus?a=1`)).status, 400);
  assert.equal(
    (await own.json(`/insights/job/${waiting}/exportstatus`, { headers: { authorization: 'none' } })).status,
    401,
  );
  const host = 'Authorization: Bearer contoso:exporter\r\nHost: a\r\n';
  const twoHosts = `GET /insights/job/${waiting}/exportstatus HTTP/1.1\r\n${host}Host: b\r\nConnection: close\r\n\r\n`;
  assert.match(await own.raw(twoHosts), /^HTTP\/1\.1 400 /);
});
