import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { Program } from './program.ts';
import { activitiesOf } from './workbook.ts';

const entry = new URL('../../src/main.ts', import.meta.url).pathname;
const user = 'megan@contoso.example';
const root = mkdtempSync(join(tmpdir(), 'trailport-'));
const backups = join(root, 'backups');
let program: Program;

before(async () => {
  program = await Program.start();
});
after(async () => {
  await program.remove();
  rmSync(root, { recursive: true });
});

/** Runs a command as a person would. */
async function trailport(...args: readonly string[]) {
  const child = spawn(process.execPath, [entry, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)));
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { status: await closed, out, err };
}

function records(count: number, prefix: string): string {
  const lines = Array.from({ length: count }, (_, i) =>
    JSON.stringify({
      CreationTime: new Date(Date.UTC(2026, 0, 1) + i * 1000).toISOString().slice(0, 19),
      Id: `${prefix}-${i}`,
      Operation: 'FileAccessed',
      RecordType: 6,
      UserId: user,
      Workload: 'SharePoint',
      ObjectId: `https://contoso.sharepoint.example/sites/${prefix}/${i}.docx`,
    }),
  );
  return lines.join('\n');
}

const start = async (on: Program) => {
  const path = `/insights/users/${encodeURIComponent(user)}/activities/export`;
  return (await on.json<{ jobId: string }>(path, { headers: { 'cache-control': 'no-cache' } })).jobId;
};

test('a backup made while an import runs is restored: rows, the import, a kept report and the credentials are there', async () => {
  await program.import(records(300, 'first'));
  const kept = await start(program);
  await program.ended(kept);
  const report = await program.download(kept);
  const body = records(60_000, 'second');
  const headers = { 'content-type': 'application/x-ndjson' };
  const { jobId } = await program.json<{ jobId: number }>('/insights/imports', { method: 'POST', body, headers });
  const made = await trailport('backup', backups, '--data', program.data, '--json');
  assert.deepEqual([made.status, made.err], [0, '']);
  const { backup } = JSON.parse(made.out) as { backup: { path: string; activities: number } };
  assert.ok(backup.path.startsWith(join(backups, 'trailport-')) && backup.activities >= 300);
  // The job of a backup belongs to no tenant.
  const { jobs } = await program.json<{ jobs: { type: string }[] }>('/insights/jobs');
  assert.deepEqual(new Set(jobs.map(({ type }) => type)), new Set(['import', 'export']));
  await program.ended(jobId);

  const data = join(root, 'restored');
  const restored = await trailport('restore', backups, '--data', data);
  assert.deepEqual([restored.status, restored.err], [0, '']);
  assert.match(
    restored.out,
    /: restored from .*trailport-\d{8}T\d{6}Z, made at .* files and .* rows match its manifest\.\n$/,
  );
  const again = await Program.start({ data });
  try {
    assert.equal(again.credentials.clientSecret, program.credentials.clientSecret);
    assert.ok((await again.download(kept)).equals(report));
    assert.equal((await again.ended(jobId)).jobStatus, 2);
    const { result } = await again.json<{ result: { added: number; read: number } }>(`/insights/job/${jobId}`);
    assert.deepEqual([result.read, result.added], [60_000, 60_000]);
    const exported = await start(again);
    assert.equal((await again.ended(exported)).jobStatus, 2);
    assert.equal((await activitiesOf(await again.download(exported))).length, 60_300);
  } finally {
    await again.stop();
  }
  const refused = await trailport('restore', backups, '--data', data);
  assert.deepEqual([refused.status, refused.out], [1, '']);
  assert.match(refused.err, /is not empty; name a new directory with --data\.\n$/);
});

test('what keeps a backup from being made is one sentence, with a status that says whose move it is', async () => {
  const inside = await trailport('backup', join(program.data, 'backups'), '--data', program.data);
  assert.deepEqual([inside.status, inside.out], [2, '']);
  assert.match(inside.err, /lies in the data directory; name a directory outside of it\.\n$/);
  const nowhere = await trailport('backup', backups, '--data', join(root, 'nowhere'));
  assert.equal(nowhere.status, 2);
  assert.match(nowhere.err, /There is no data directory of Trailport at /);
  writeFileSync(join(root, 'a-file'), '');
  const blocked = await trailport('backup', join(root, 'a-file'), '--data', program.data);
  assert.deepEqual([blocked.status, blocked.out], [1, '']);
  assert.match(
    blocked.err,
    /^trailport: The backup cannot be written to .*a-file \((ENOTDIR|EEXIST)\); make room or name/,
  );
  const nothing = await trailport('restore', root, '--data', join(root, 'new'));
  assert.equal(nothing.status, 1);
  assert.match(nothing.err, /holds no whole backup; name the directory that trailport backup was given/);
});

test('without a service the command makes the backup itself', async () => {
  await program.stop();
  const alone = join(root, 'alone');
  const made = await trailport('backup', alone, '--data', program.data);
  assert.deepEqual([made.status, made.err], [0, '']);
  assert.match(made.out, /trailport-\d{8}T\d{6}Z: 60,300 activities, .* files, /);
  mkdirSync(join(root, 'empty'));
  const restored = await trailport('restore', alone, '--data', join(root, 'empty'), '--json');
  assert.equal(restored.status, 0);
  assert.ok((JSON.parse(restored.out) as { rows: number }).rows > 60_300);
  program = await Program.start({ data: program.data });
});
