import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { S3Files } from '../../src/files/s3/s3-files.ts';
import { TestBucket } from '../bucket.ts';
import { Program } from './program.ts';
import { activitiesOf } from './workbook.ts';

const storage = await TestBucket.start();
let program = await Program.start({ env: { ...storage.env, TRAILPORT_REPORT_KEPT_MS: '600000' } });
after(async () => {
  await program.remove();
  await storage[Symbol.asyncDispose]();
});

const records = (from: number, until: number) =>
  Array.from({ length: until - from }, (_, i) =>
    JSON.stringify({
      CreationTime: '2026-03-01T00:00:00',
      Id: `r-${from + i}`,
      Operation: 'FileAccessed',
      UserId: 'a@b.example',
    }),
  ).join('\n');
const exportPath = '/insights/users/a%40b.example/activities/export';
const fresh = { headers: { 'cache-control': 'no-cache' } };
const kept = (folder: string) => S3Files.open({ ...storage.place, folder, scratch: program.data });

test('what is received and reported is in the bucket and not in the data directory, and is read from there after a restart', async () => {
  const imported = await program.import(`${records(0, 2000)}\nno record`);
  assert.equal(imported.state, 'finished');
  const rejects = await program.call(`/insights/job/${imported.jobId}/rejects`);
  assert.match(await rejects.text(), /no record/);
  const { jobId } = await program.json<{ jobId: string }>(exportPath, fresh);
  assert.equal((await program.ended(jobId)).jobStatus, 2);
  for (const place of ['reports', 'spool']) assert.deepEqual(readdirSync(join(program.data, place)), []);
  await program.stop();
  program = await Program.start({ data: program.data, env: storage.env });
  const whole = await program.call(`/insights/job/${jobId}/exportfile`);
  const bytes = Buffer.from(await whole.arrayBuffer());
  const digest = createHash('sha256').update(bytes).digest('base64');
  assert.equal(whole.headers.get('repr-digest'), `sha-256=:${digest}:`);
  assert.equal((await activitiesOf(bytes)).length, 2000);
  const part = await program.call(`/insights/job/${jobId}/exportfile`, { headers: { range: 'bytes=100-299' } });
  assert.deepEqual(Buffer.from(await part.arrayBuffer()), bytes.subarray(100, 300));
  const report = await program.json<{ report: { sha256: string } }>(`/insights/job/${jobId}`);
  assert.equal(report.report.sha256, createHash('sha256').update(bytes).digest('hex'));
});

test('a report whose object is gone or another one is an error, never wrong bytes', async () => {
  const { jobId } = await program.json<{ jobId: string }>(exportPath, fresh);
  assert.equal((await program.ended(jobId)).jobStatus, 2);
  const names: string[] = [];
  await kept('reports').removeLeftovers(async () => new Set(names));
  const answer = await program.call(`/insights/job/${jobId}/exportfile`);
  assert.equal(answer.status, 200, 'it is not a day old, so it is no leftover');
  await answer.arrayBuffer();
  await storage.stop();
  await storage.resume();
  const gone = await program.call(`/insights/job/${jobId}/exportfile`);
  assert.equal(gone.status, 500);
  assert.match(await gone.text(), /report_damaged/);
});

test('a bucket that is away: uploads and downloads get 503 with Retry-After, and an export ends in its first attempt once it is back', async () => {
  const { jobId: before } = await program.json<{ jobId: string }>(exportPath, fresh);
  assert.equal((await program.ended(before)).jobStatus, 2);
  await storage.stop();
  const { jobId } = await program.json<{ jobId: string }>(exportPath, fresh);
  const headers = { 'content-type': 'application/x-ndjson' };
  const upload = await program.call('/insights/imports', { method: 'POST', body: records(0, 3), headers });
  const download = await program.call(`/insights/job/${before}/exportfile`);
  for (const answer of [upload, download]) {
    assert.equal(answer.status, 503);
    assert.ok(Number(answer.headers.get('retry-after')) > 0);
    assert.match(await answer.text(), /TRAILPORT_FILES_URL/);
  }
  const ready = await fetch(`${program.url}/readyz`);
  assert.deepEqual(
    [ready.status, ((await ready.json()) as { parts: { files: string } }).parts.files],
    [503, 'unreachable'],
  );
  await program.logged(({ event }) => event === 'attempt_failed');
  await storage.resume();
  assert.equal((await program.ended(jobId)).jobStatus, 2);
  const { attempt } = await program.json<{ attempt: number }>(`/insights/job/${jobId}`);
  assert.equal(attempt, 1);
  assert.equal((await activitiesOf(await program.download(jobId))).length, 2000);
  assert.ok(!JSON.stringify(program.log).includes('only for tests'));
});
