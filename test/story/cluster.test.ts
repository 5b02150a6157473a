import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Cluster } from './installation.ts';
import type { Program } from './program.ts';
import { activitiesOf } from './workbook.ts';

const cluster = await Cluster.start(
  { http: 2, worker: 3 },
  { TRAILPORT_LEASE_MS: '2000', TRAILPORT_WORKER_IMPORTS: '1', TRAILPORT_IMPORTS_RUNNING: '10' },
);
after(() => cluster[Symbol.asyncDispose]());
const app = await cluster.appOf('contoso');
const clients = [await cluster.clientAt('http-0', app), await cluster.clientAt('http-1', app)];
const workers = cluster.of('worker');
const any = (i: number) => clients[i % clients.length]!;

const user = 'megan@contoso.example';
const exportPath = `/insights/users/${encodeURIComponent(user)}/activities/export`;
const records = (from: number, until: number, more: object = {}) =>
  Array.from({ length: until - from }, (_, i) =>
    JSON.stringify({
      CreationTime: new Date(Date.UTC(2026, 0, 1) + (from + i) * 1000).toISOString().slice(0, 19),
      Id: `r-${from + i}`,
      Operation: 'FileAccessed',
      UserId: user,
      ...more,
    }),
  ).join('\n');

async function startImport(i: number, body: string): Promise<number> {
  const headers = { 'content-type': 'application/x-ndjson' };
  return (await any(i).json<{ jobId: number }>('/insights/imports', { method: 'POST', body, headers })).jobId;
}

async function exported(i: number): Promise<string[]> {
  const { jobId } = await any(i).json<{ jobId: string }>(exportPath, { headers: { 'cache-control': 'no-cache' } });
  assert.equal((await any(i + 1).ended(jobId)).jobStatus, 2);
  return (await activitiesOf(await any(i + 1).download(jobId))).map((row) => String(row['Activity ID']));
}

async function assertOnce(expected: number): Promise<void> {
  const ids = await exported(0);
  assert.equal(ids.length, expected);
  assert.equal(new Set(ids).size, expected);
}

test('imports of the same and of overlapping records by several workers at once keep each activity once', async () => {
  const files = Array.from({ length: 9 }, (_, i) => records((i % 5) * 2000, (i % 5) * 2000 + 3000));
  const ids = await Promise.all(files.map((body, i) => startImport(i, body)));
  let added = 0;
  for (const [i, id] of ids.entries()) {
    assert.equal((await any(i).ended(id)).jobStatus, 2);
    const { result } = await any(i).json<{ result: { added: number; read: number } }>(`/insights/job/${id}`);
    assert.equal(result.read, 3000);
    added += result.added;
  }
  assert.equal(added, 11_000);
  await assertOnce(11_000);
  const worked = workers.filter((worker) => worker!.log.some(({ event }) => event === 'job_finished'));
  assert.ok(worked.length > 1, 'more than one worker had work');
});

test('a process that answers HTTP alone answers lookups too', async () => {
  for (const client of clients) {
    const store = await client.json<{ sources: { activities: number }[] }>('/insights/store');
    assert.equal(JSON.stringify(store).includes('11000'), true);
  }
});

test('kill -9 of workers in the middle of imports, and one that is held past its lease: every activity is there once', async () => {
  const [held, killed] = workers as Program[] as [Program, Program];
  const since = workers.map((worker) => worker!.log.length);
  const ids: number[] = [];
  const starting = (async () => {
    for (let i = 0; i < 6; i++) ids.push(await startImport(i, records(30_000 + i * 6_000, 40_000 + i * 6_000)));
  })();
  const begins = (worker: Program, from = 0) => worker.logged(({ event }) => event === 'job_started', from);
  await Promise.all([
    // With its supervisor, which would replace it.
    begins(held, since[0]).then(() => [held.pid, held.workerPid].map((pid) => process.kill(pid, 'SIGSTOP'))),
    begins(killed, since[1]).then(() => process.kill(killed.workerPid, 'SIGKILL')),
  ]);
  await starting;
  for (const id of ids) assert.equal((await any(0).ended(id)).jobStatus, 2);
  for (const pid of [held.pid, held.workerPid]) process.kill(pid, 'SIGCONT');
  await assertOnce(11_000 + 40_000);
  // What the one that was held does now changes nothing.
  assert.equal((await any(1).ended(await startImport(0, records(0, 10, { Comment: 'longer' })))).jobStatus, 2);
  await assertOnce(11_000 + 40_000);
});
