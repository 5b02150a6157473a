import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import type { ImportRequest } from '../../src/domain/job.ts';
import { jobIdOf, openService } from './fixtures.ts';

const service = await openService({ importBytes: 3_000_000, jobsWaitingPerTenant: 20 });
after(() => service[Symbol.asyncDispose]());
const { bench } = service;

function send(body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}, query = '') {
  return service.json(`/insights/imports${query}`, { method: 'POST', body, headers });
}

for (const type of ['application/octet-stream', 'text/csv', 'application/json', 'application/gzip', 'x/y; z=1']) {
  test(`a body of type ${type} arrives in the spool byte for byte`, async () => {
    const bytes = Uint8Array.from(randomBytes(2_500_000));
    const { status, headers, body } = await send(bytes, { 'content-type': type }, '?fileName=M%C3%A4rz%202026.csv');
    assert.equal(status, 202);
    assert.equal(headers.get('location'), `/insights/job/${body.jobId}`);
    assert.deepEqual(body.request, { fileName: 'März 2026.csv', bytes: 2_500_000 });
    assert.deepEqual([body.type, body.state, body.result], ['import', 'waiting', null]);
    const { spoolName } = (await bench.job('contoso', jobIdOf(body))).request as ImportRequest;
    assert.deepEqual(Uint8Array.from(readFileSync(join(bench.directory, 'spool', spoolName))), bytes);
  });
}

test('a form, an unknown coding, an empty body, a long name and a file too large are refused and leave nothing', async () => {
  const before = bench.files('spool');
  const large = new Uint8Array(3_000_001);
  for (const [status, sentence, answer] of [
    [415, /not a form/, send('x', { 'content-type': 'multipart/form-data; boundary=x' })],
    [415, /gzip or left out/, send('x', { 'content-encoding': 'br' })],
    [400, /The body is empty/, send('')],
    [400, /fileName must have at most 255/, send('x', {}, `?fileName=${'n'.repeat(256)}`)],
    [400, /fileName must not be empty/, send('x', {}, '?fileName=')],
    [413, /larger than 3000000 bytes.*TRAILPORT_IMPORT_BYTES/, send(large)],
  ] as const) {
    const { status: answered, body } = await answer;
    assert.equal(answered, status);
    assert.match(String(body.message), sentence);
  }
  assert.deepEqual(bench.files('spool'), before);
});

function chunked({ url } = service): ReturnType<typeof request> {
  const headers = { authorization: 'Bearer contoso:exporter', 'content-type': 'text/csv' };
  return request(`${url}/insights/imports`, { method: 'POST', headers }).on('error', () => {});
}

test('a body without length that grows too large is refused while it comes, and leaves nothing', async () => {
  const before = bench.files('spool');
  const upload = chunked();
  for (let i = 0; i < 4; i++) upload.write(Buffer.alloc(1_000_000));
  const [answer] = await once(upload, 'response');
  assert.equal(answer.statusCode, 413);
  upload.destroy();
  assert.deepEqual(bench.files('spool'), before);
});

test('a sender that hangs up in the middle leaves nothing, and no job', async () => {
  const before = bench.files('spool');
  const { body: jobs } = await service.json('/insights/jobs?limit=1');
  const upload = chunked();
  upload.write('Id,Name\n');
  while (bench.files('spool').length === before.length) await service.json('/healthz');
  upload.destroy();
  while (bench.files('spool').length > before.length) await service.json('/healthz');
  assert.deepEqual((await service.json('/insights/jobs?limit=1')).body, jobs);
  assert.doesNotMatch(service.logged(), /unexpected/);
});

test('of what is on its way when the service stops, what ends soon is taken, the rest answered 503 with advice', async () => {
  await using stopping = await openService({ stopMs: 4000 });
  const { files } = stopping.bench;
  const head = 'POST /insights/exports HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer contoso:exporter\r\n';
  const body = stopping.raw(`${head}Content-Type: application/json\r\nContent-Length: 40\r\n\r\n{"source":`);
  const [brief, long] = [chunked(stopping), chunked(stopping)];
  for (const upload of [brief, long]) upload.write('Id,Name\n');
  while (files('spool').length < 2) await stopping.json('/healthz');
  const closed = stopping.close();
  while (
    await stopping.call('/healthz').then(
      ({ ok }) => ok,
      () => false,
    )
  );
  brief.end('1,Ada\n');
  const [taken] = await once(brief, 'response');
  assert.equal(taken.statusCode, 202);
  const [refused] = await once(long, 'response');
  assert.equal(refused.statusCode, 503);
  assert.match(String(refused.headers['retry-after']), /^[1-9][0-9]*$/);
  const problem = JSON.parse(await text(refused)) as Record<string, unknown>;
  assert.deepEqual([problem.status, problem.code], [503, 'shutting_down']);
  assert.match(await body, /^HTTP\/1\.1 503 .*\r\nretry-after: [1-9].*"code":"shutting_down"/is);
  long.destroy();
  await closed;
  assert.equal(files('spool').length, 1);
});

test('when too many wait, a file is refused and leaves nothing', async () => {
  let last: Awaited<ReturnType<typeof send>>;
  let files: string[];
  do {
    files = bench.files('spool');
    last = await send('x');
  } while (last.status === 202);
  assert.equal(last.status, 429);
  assert.deepEqual(bench.files('spool'), files);
  for (let waiting = 20; waiting > 0; waiting--) {
    await bench.fail(await bench.claim('import'), { code: 'import_not_understood', message: 'Not understood.' });
  }
});

const result = {
  read: 3,
  added: 1,
  duplicates: 0,
  rejected: 2,
  forgotten: 0,
  from: '2026-01-01T00:00:00.000Z',
  until: '2026-01-02T00:00:00.000Z',
  bySource: { google: 1 },
  assumed: [],
};

test('a finished import says what it did and gives back what was rejected', async () => {
  const { body } = await send('x');
  const path = `/insights/job/${body.jobId}`;
  const early = await service.call(`${path}/rejects`);
  assert.deepEqual([early.status, early.headers.has('retry-after')], [409, true]);
  await early.text();
  const rejects = '{"line":1,"reason":"no time","record":"{}"}\n{"line":3,"reason":"no id","record":"é"}\n';
  await bench.finishImport(await bench.claim('import'), result, rejects);
  const { body: job } = await service.json(path);
  assert.deepEqual([job.state, job.result, job.report], ['finished', result, null]);
  const answer = await service.call(`${path}/rejects`);
  assert.equal(answer.headers.get('content-type'), 'application/x-ndjson');
  assert.equal(await answer.text(), rejects);
});

test('DELETE of a finished import removes its rejects: they answer 410, and the job says so and keeps its result', async () => {
  const { body } = await send('x');
  const path = `/insights/job/${body.jobId}`;
  await bench.finishImport(await bench.claim('import'), result, '{"line":1,"reason":"no time","record":"{}"}\n');
  assert.equal((await service.call(path, { method: 'DELETE' })).status, 204);
  const gone = await service.json(`${path}/rejects`);
  assert.deepEqual([gone.status, gone.body.code], [410, 'rejects_removed']);
  const { body: job } = await service.json(path);
  assert.deepEqual([job.state, job.result], ['expired', result]);
  assert.equal((await service.json(`${path}/exportstatus`)).body.jobStatus, 2);
});

test('nothing rejected, a failed import and an export have no rejects: 404', async () => {
  const { body: clean } = await send('x');
  await bench.finishImport(await bench.claim('import'), { ...result, rejected: 0 }, null);
  const { body: failed } = await send('x');
  await bench.fail(await bench.claim('import'), { code: 'import_not_understood', message: 'Not understood.' });
  const { body: exported } = await service.json('/insights/users/a/activities/export');
  for (const id of [clean.jobId, failed.jobId, exported.jobId]) {
    const { status, body } = await service.json(`/insights/job/${id}/rejects`);
    assert.deepEqual([status, body.code], [404, 'rejects_none']);
  }
});
