import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { TestClickHouse } from '../clickhouse/server.ts';
import { TestPostgres } from '../postgres.ts';
import { talesOfKills } from './kills.ts';
import { Program } from './program.ts';

const [server, second, postgres] = await Promise.all([
  TestClickHouse.start(),
  TestClickHouse.start(),
  TestPostgres.start(),
]);
after(async () => {
  await server[Symbol.asyncDispose]();
  await second[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});
const env = { TRAILPORT_CLICKHOUSE_URL: server.url };
const database = await postgres.database('kills');
talesOfKills('PostgreSQL and ClickHouse', () => ({ ...env, TRAILPORT_DATABASE_URL: database }));

const many = 60_000;
const records = Array.from({ length: many }, (_, i) =>
  JSON.stringify({
    CreationTime: '2026-03-01T00:00:00',
    Id: `r-${i}`,
    Operation: 'FileAccessed',
    UserId: 'a@b.example',
  }),
).join('\n');
const exportPath = '/insights/users/a%40b.example/activities/export';
const fresh = { headers: { 'cache-control': 'no-cache' } };

async function underWay(program: Program, jobId: string | number): Promise<void> {
  while ((await program.json<{ state: string }>(`/insights/job/${jobId}`)).state === 'waiting');
}

test('ClickHouse stopped in the middle of an import and of an export: lookups get 503, and once it is back both end in their first attempt, whole', async (t) => {
  const program = await Program.start({ env: { TRAILPORT_CLICKHOUSE_URL: second.url } });
  t.after(() => program.remove());
  const headers = { 'content-type': 'application/x-ndjson' };
  const { jobId: imported } = await program.json<{ jobId: number }>('/insights/imports', {
    method: 'POST',
    body: records,
    headers,
  });
  await underWay(program, imported);
  await second.stop();
  let answer = await program.call('/insights/store');
  while (answer.ok) answer = await program.call('/insights/store');
  assert.equal(answer.status, 503);
  assert.ok(Number(answer.headers.get('retry-after')) > 0);
  assert.match(await answer.text(), /TRAILPORT_CLICKHOUSE_URL/);
  await second.resume();
  assert.equal((await program.ended(imported)).jobStatus, 2);
  const { jobId } = await program.json<{ jobId: string }>(exportPath, fresh);
  await underWay(program, jobId);
  await second.stop();
  await second.resume();
  assert.equal((await program.ended(jobId)).jobStatus, 2);
  for (const id of [imported, jobId]) {
    const job = await program.json<{ attempt: number; report?: { rows: number } }>(`/insights/job/${id}`);
    assert.deepEqual([job.attempt, job.report?.rows ?? many], [1, many]);
  }
});

test('a server belongs to one installation; the address may come from a file, and no password of it is shown', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'trailport-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'url');
  writeFileSync(file, `${server.url}\n`);
  const trailport = (data: string, more: NodeJS.ProcessEnv, ...args: string[]) =>
    spawnSync(process.execPath, [new URL('../../src/main.ts', import.meta.url).pathname, ...args], {
      encoding: 'utf8',
      timeout: 20_000,
      env: { ...process.env, TRAILPORT_DATA: join(directory, data), ...more },
    });
  const other = await Program.start({
    data: join(directory, 'other'),
    env: { TRAILPORT_CLICKHOUSE_URL_FILE: file },
    until: 'worker_cannot_start',
  });
  t.after(() => other.stop());
  const said = await other.logged((line) => line.event === 'worker_cannot_start');
  assert.equal(said.code, 'cannot_start');
  assert.match(String(said.message), /belongs to another installation/);
  await other.stop();
  const backup = trailport('other', env, 'backup', join(directory, 'backups'));
  assert.equal(backup.status, 1);
  assert.match(backup.stderr, /BACKUP/);
  const wrong = trailport('wrong', { TRAILPORT_CLICKHOUSE_URL: 'http://me:hidden@host:8123/path' }, 'serve');
  assert.equal(wrong.status, 2);
  assert.match(wrong.stderr, /TRAILPORT_CLICKHOUSE_URL must be an address/);
  assert.ok(!wrong.stderr.includes('hidden'));
});
