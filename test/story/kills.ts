import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { Program } from './program.ts';
import { activitiesOf } from './workbook.ts';

const user = 'megan@contoso.example';
/** Enough for an export and an import to be under way for a while. */
const many = 40_000;

function records(count: number, prefix: string): string {
  const lines = Array.from({ length: count }, (_, i) =>
    JSON.stringify({
      CreationTime: new Date(Date.UTC(2026, 0, 1) + i * 1000).toISOString().slice(0, 19),
      Id: `${prefix}-${i}`,
      Operation: 'FileAccessed',
      RecordType: 6,
      UserId: user,
      UserType: 0,
      Workload: 'SharePoint',
      ObjectId: `https://contoso.sharepoint.example/sites/${prefix}/${i}.docx`,
    }),
  );
  return lines.join('\n');
}

/** A dead one may stay in the table as a zombie, where nobody reaps. */
function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** What a started program promises about its own death, on the databases that `env` names. */
export function talesOfKills(adapter: string, env: () => NodeJS.ProcessEnv): void {
  let program: Program;

  before(async () => {
    program = await Program.start({ env: env() });
    await program.import(records(many, 'first'));
  });
  after(() => program.remove());

  const start = async () => {
    const headers = { 'cache-control': 'no-cache' };
    const path = `/insights/users/${encodeURIComponent(user)}/activities/export`;
    return (await program.json<{ jobId: string }>(path, { headers })).jobId;
  };

  /** Polls until the job is being worked on. */
  async function underWay(jobId: string | number): Promise<void> {
    for (;;) {
      const { state } = await program.json<{ state: string }>(`/insights/job/${jobId}`);
      if (state === 'running') return;
      assert.equal(state, 'waiting', 'the job ended before it could be disturbed');
    }
  }

  /** The report holds every one of the activities, once. */
  async function assertWhole(jobId: string, expected: number): Promise<void> {
    assert.equal((await program.ended(jobId)).jobStatus, 2);
    const rows = await activitiesOf(await program.download(jobId));
    assert.equal(rows.length, expected);
    assert.equal(new Set(rows.map((row) => row['Activity ID'])).size, expected);
  }

  test(`${adapter}: kill -9 of the worker during an export: polls are answered, the job ends finished, the rows are right`, async () => {
    const jobId = await start();
    await underWay(jobId);
    const since = program.log.length;
    process.kill(program.workerPid, 'SIGKILL');
    const during = await program.call(`/insights/job/${jobId}/exportstatus`);
    assert.equal(during.status, 200);
    assert.equal(((await during.json()) as { jobStatus: number }).jobStatus, 1);
    await program.logged((line) => line.event === 'worker_ended', since);
    assert.equal(((await program.json(`/insights/job/${jobId}/exportstatus`)) as { jobStatus: number }).jobStatus, 1);
    await assertWhole(jobId, many);
    const { attempt } = await program.json<{ attempt: number }>(`/insights/job/${jobId}`);
    assert.equal(attempt, 2);
  });

  test(`${adapter}: kill -9 of the worker during an import: the import ends finished, everything is there once`, async () => {
    const headers = { 'content-type': 'application/x-ndjson' };
    const body = records(many, 'second');
    const { jobId } = await program.json<{ jobId: number }>('/insights/imports', { method: 'POST', body, headers });
    await underWay(jobId);
    process.kill(program.workerPid, 'SIGKILL');
    assert.equal((await program.ended(jobId)).jobStatus, 2);
    const { result, attempt } = await program.json<{ result: Record<string, number>; attempt: number }>(
      `/insights/job/${jobId}`,
    );
    assert.deepEqual([attempt, result.read, result.added, result.duplicates, result.rejected], [2, many, many, 0, 0]);
    await assertWhole(await start(), 2 * many);
  });

  test(`${adapter}: kill -9 of the server during an export and an import: its worker ends, after a restart both end finished, the rows are right`, async () => {
    const headers = { 'content-type': 'application/x-ndjson' };
    const exported = await start();
    await underWay(exported);
    const body = records(1000, 'third');
    const { jobId } = await program.json<{ jobId: number }>('/insights/imports', { method: 'POST', body, headers });
    const worker = program.workerPid;
    assert.ok(isAlive(worker));
    await program.kill9();
    while (isAlive(worker)) await new Promise(setImmediate);
    program = await Program.start({ data: program.data, env: env() });
    assert.equal((await program.ended(jobId)).jobStatus, 2);
    assert.equal((await program.ended(exported)).jobStatus, 2);
    await assertWhole(await start(), 2 * many + 1000);
  });

  test(`${adapter}: stopped in the middle, the server gives back what runs and ends within 10 s; the job goes on after`, async () => {
    const jobId = await start();
    await underWay(jobId);
    const before = performance.now();
    await program.stop();
    assert.ok(performance.now() - before < 10_000);
    program = await Program.start({ data: program.data, env: env() });
    await assertWhole(jobId, 2 * many + 1000);
    const { attempt } = await program.json<{ attempt: number }>(`/insights/job/${jobId}`);
    assert.equal(attempt, 1);
  });
}
