import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Program } from './program.ts';

const user = 'megan@contoso.example';

function records(count: number): string {
  const lines = Array.from({ length: count }, (_, i) =>
    JSON.stringify({
      CreationTime: new Date(Date.UTC(2026, 0, 1) + i * 1000).toISOString().slice(0, 19),
      Id: `id-${i}`,
      Operation: 'FileAccessed',
      RecordType: 6,
      UserId: user,
      Workload: 'SharePoint',
    }),
  );
  return lines.join('\n');
}

test('a full disk fails no job: an export waits and an upload is answered 503, until there is space again', async (t) => {
  const data = mkdtempSync(join(tmpdir(), 'trailport-'));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rmSync(data, { recursive: true, force: true }));
  const places = ['reports', 'spool'].map((name) => join(data, name));
  for (const place of places) {
    mkdirSync(place, { mode: 0o700 });
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', place]).status !== 0) {
      return t.skip('a file system of its own cannot be mounted here');
    }
    stack.defer(() => void spawnSync('umount', ['-l', place]));
  }
  const program = await Program.start({ data });
  stack.defer(() => program.stop());
  await program.import(records(5000));
  for (const place of places) {
    const { bavail, bsize } = statfsSync(place);
    writeFileSync(join(place, 'filler'), Buffer.alloc(bavail * bsize - 8192));
  }

  const path = `/insights/users/${encodeURIComponent(user)}/activities/export`;
  const { jobId } = await program.json<{ jobId: string }>(path);
  const since = program.log.length;
  const failed = (line: { event: string }) => line.event === 'attempt_failed';
  assert.equal((await program.logged(failed)).code, 'disk_full');
  // Again and again, and never as a failure of the job.
  await program.logged(failed, Math.max(since, program.log.findIndex(failed) + 1));
  const { jobStatus } = await program.json<{ jobStatus: number }>(`/insights/job/${jobId}/exportstatus`);
  assert.equal(jobStatus, 1);
  const upload = await program.call('/insights/imports', { method: 'POST', body: records(200) });
  assert.equal(upload.status, 503);
  assert.ok(upload.headers.has('retry-after'));
  assert.equal(((await upload.json()) as { code: string }).code, 'disk_full');

  for (const place of places) rmSync(join(place, 'filler'));
  assert.equal((await program.ended(jobId)).jobStatus, 2);
  const job = await program.json<{ attempt: number; report: { rows: number } }>(`/insights/job/${jobId}`);
  assert.deepEqual([job.attempt, job.report.rows], [1, 5000]);
  const { result } = await program.import(records(5000));
  assert.equal((result as unknown as { duplicates: number }).duplicates, 5000);
});
