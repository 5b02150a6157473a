import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { jobIdOf, openService } from './fixtures.ts';

const service = await openService();
after(() => service[Symbol.asyncDispose]());
const { bench } = service;
const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7) % 253));
let people = 0;
let done: number;

async function start(): Promise<number> {
  return jobIdOf((await service.json(`/insights/users/person${++people}/activities/export`)).body);
}

function file(id: number, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> {
  return service.call(`/insights/job/${id}/exportfile`, { headers, method });
}

before(async () => {
  done = await start();
  await bench.finish(await bench.claim(), bytes);
});

test('a finished job gives the whole ZIP, with everything there is to say about it', async () => {
  const answer = await file(done);
  const { headers } = answer;
  assert.equal(answer.status, 200);
  assert.deepEqual(Buffer.from(await answer.arrayBuffer()), bytes);
  assert.equal(headers.get('content-type'), 'application/zip');
  assert.equal(headers.get('content-length'), '300000');
  assert.equal(headers.get('content-disposition'), `attachment; filename="activity-export-${done}.zip"`);
  assert.equal(headers.get('accept-ranges'), 'bytes');
  assert.equal(headers.get('cache-control'), 'private, no-store');
  assert.match(headers.get('etag') ?? '', /^"[^"]+"$/);
  const digest = createHash('sha256').update(bytes).digest('base64');
  assert.equal(headers.get('repr-digest'), `sha-256=:${digest}:`);
});

test('HEAD says the same without the bytes, and passes Range over', async () => {
  const [get, head] = [await file(done), await file(done, { range: 'bytes=0-1' }, 'HEAD')];
  await get.arrayBuffer();
  assert.equal(head.status, 200);
  assert.equal((await head.arrayBuffer()).byteLength, 0);
  for (const name of ['content-length', 'content-disposition', 'etag', 'repr-digest', 'content-type']) {
    assert.equal(head.headers.get(name), get.headers.get(name));
  }
});

test('ranges give that part as 206, and parts make the whole', async () => {
  const parts: Buffer[] = [];
  for (const range of ['bytes=0-99999', 'bytes=100000-299998', 'bytes=-1']) {
    const answer = await file(done, { range });
    assert.equal(answer.status, 206);
    assert.match(answer.headers.get('content-range') ?? '', /^bytes [0-9]+-[0-9]+\/300000$/);
    parts.push(Buffer.from(await answer.arrayBuffer()));
    assert.equal(answer.headers.get('content-length'), String(parts.at(-1)?.length));
  }
  assert.deepEqual(Buffer.concat(parts), bytes);
});

test('If-Range gives the part of this very file only; several ranges give the whole', async () => {
  const etag = (await file(done, {}, 'HEAD')).headers.get('etag') ?? '';
  for (const [headers, status] of [
    [{ range: 'bytes=5-6', 'if-range': etag }, 206],
    [{ range: 'bytes=5-6', 'if-range': '"other"' }, 200],
    [{ range: 'bytes=5-6,8-9' }, 200],
  ] as const) {
    const answer = await file(done, headers);
    assert.equal(answer.status, status);
    assert.equal((await answer.arrayBuffer()).byteLength, status === 206 ? 2 : bytes.length);
  }
});

test('a range outside answers 416 with the size, in the envelope', async () => {
  const answer = await file(done, { range: 'bytes=300000-' });
  assert.deepEqual([answer.status, answer.headers.get('content-range')], [416, 'bytes */300000']);
  assert.equal(((await answer.json()) as { code: string }).code, 'range_invalid');
  assert.equal(answer.headers.get('content-disposition'), null);
});

test('If-None-Match with the ETag answers 304', async () => {
  const etag = (await file(done, {}, 'HEAD')).headers.get('etag') ?? '';
  const answer = await file(done, { 'if-none-match': etag });
  assert.deepEqual([answer.status, await answer.text()], [304, '']);
});

test('before it is finished no byte is served: 409 with Retry-After', async () => {
  const id = await start();
  for (const state of ['waiting', 'running']) {
    const answer = await file(id);
    assert.equal(answer.status, 409, state);
    assert.match(answer.headers.get('retry-after') ?? '', /^[1-9][0-9]*$/);
    assert.equal(((await answer.json()) as { code: string }).code, 'report_not_ready');
    if (state === 'waiting') await bench.claim();
  }
});

test('failed and cancelled answer 409 with the reason, expired 410, an import 409', async () => {
  const failed = await start();
  await bench.fail(await bench.claim(), { code: 'attempts_spent', message: 'Every attempt was cut off.' });
  const answer = await file(failed);
  assert.deepEqual(
    [answer.status, ((await answer.json()) as { message: string }).message],
    [409, 'Every attempt was cut off.'],
  );
  const cancelled = await start();
  await service.call(`/insights/job/${cancelled}`, { method: 'DELETE' });
  assert.equal((await file(cancelled)).status, 409);
  const expired = await start();
  const lease = await bench.claim();
  await bench.finish(lease);
  await bench.expire('contoso', lease.id);
  assert.equal((await file(expired)).status, 410);
  const { body } = await service.json('/insights/imports', { method: 'POST', body: '{}' });
  const result = { read: 1, added: 1, duplicates: 0, rejected: 0, from: null, until: null, bySource: {}, assumed: [] };
  await bench.finishImport(await bench.claim('import'), result, null);
  assert.equal((await file(jobIdOf(body))).status, 409);
});

test('a report damaged on disk is an error in the envelope, never wrong bytes', async () => {
  const id = await start();
  const lease = await bench.claim();
  await bench.finish(lease, bytes);
  const name = bench.files('reports').find((file) => file.startsWith(`${lease.key}-`)) ?? '';
  truncateSync(join(bench.directory, 'reports', name), 10);
  const answer = await file(id);
  assert.equal(answer.status, 500);
  assert.equal(((await answer.json()) as { code: string }).code, 'report_damaged');
  assert.equal(answer.headers.get('etag'), null);
});

test('a report whose time is over is 410 at once, before the sweep has come by', async () => {
  const own = await start();
  await bench.finish(await bench.claim());
  assert.equal((await file(own)).status, 200);
  bench.ahead(400 * 86_400_000);
  assert.equal((await file(own)).status, 410);
});
