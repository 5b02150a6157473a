import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type RunOptions, run } from '../../cli/tiny-service.ts';
import { Program } from '../program.ts';
import { activitiesOf } from '../workbook.ts';
import { anna, bert, filesWith, ndjson, purviewCsv, recordsOf } from './people.ts';

const count = 120;
const ofAnna = recordsOf(anna, count);
const ofBert = recordsOf(bert, count);
/** Not understood, so it is set aside; it names the user all the same. */
const reject = { Id: 'no-time', UserId: anna, Operation: 'FileAccessed' };
let program: Program;

before(async () => {
  program = await Program.start();
});
after(() => program.remove());

const trailport = (argv: string[], options: RunOptions = {}) =>
  run(argv, { ...options, env: { TRAILPORT_DATA: program.data, ...options.env } });

async function exported(body: object): Promise<number> {
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-cache' };
  const text = JSON.stringify({ source: 'microsoft365', ...body });
  const { jobId } = await program.json<{ jobId: number }>('/insights/exports', { method: 'POST', body: text, headers });
  assert.equal((await program.ended(jobId)).jobStatus, 2);
  return jobId;
}

async function usersIn(jobId: number): Promise<Record<string, number>> {
  const users = (await activitiesOf(await program.download(jobId))).map((row) => String(row.User));
  return Object.fromEntries(
    [...new Set(users)].sort().map((user) => [user, users.filter((one) => one === user).length]),
  );
}

type Result = { read: number; added: number; duplicates: number; rejected: number; forgotten: number };
async function imported(body: string, query = ''): Promise<Result> {
  const headers = { 'content-type': 'application/octet-stream' };
  const path = `/insights/imports${query}`;
  const { jobId } = await program.json<{ jobId: number }>(path, { method: 'POST', body, headers });
  assert.equal((await program.ended(jobId)).jobStatus, 2);
  const { read, added, duplicates, rejected, forgotten } = (
    await program.json<{ result: Result }>(`/insights/job/${jobId}`)
  ).result;
  return { read, added, duplicates, rejected, forgotten };
}

test('what a user did is erased from every report, count and file, and comes back with no import unless asked', async (t) => {
  const first = await program.import(ndjson([...ofAnna, ...ofBert, reject]));
  const all = await exported({});
  const annas = await exported({ user: anna.toUpperCase() });
  const berts = await exported({ user: bert });
  assert.deepEqual(await usersIn(all), { [anna]: count, [bert]: count });
  assert.notDeepEqual(filesWith(program.data, anna), [], 'the search finds what is there');

  const forgotten = await trailport(['forget', 'user', anna.toUpperCase(), '--json']);
  assert.equal(forgotten.status, 0, forgotten.err);
  const job = JSON.parse(forgotten.out) as Record<string, unknown>;
  assert.deepEqual(
    [job.type, job.state, job.result, job.request],
    ['erase', 'finished', { rows: count }, { what: 'user', user: '(erased)', before: null }],
  );

  await t.test('no file of the data directory holds the name or an original record', () => {
    assert.deepEqual(filesWith(program.data, anna), []);
    assert.deepEqual(filesWith(program.data, 'anna-file-'), []);
  });

  await t.test('reports that may have held it are removed and say why; others stay', async () => {
    for (const jobId of [all, annas]) {
      const answer = await program.call(`/insights/job/${jobId}/exportfile`);
      assert.equal(answer.status, 410);
      assert.match(((await answer.json()) as { message: string }).message, /activities were erased/);
      assert.equal((await program.json<{ jobStatus: number }>(`/insights/job/${jobId}/exportstatus`)).jobStatus, 2);
    }
    assert.deepEqual(await usersIn(berts), { [bert]: count });
    const rejects = await program.call(`/insights/job/${(first as unknown as { jobId: number }).jobId}/rejects`);
    assert.equal(rejects.status, 410);
    assert.match(((await rejects.json()) as { message: string }).message, /activities were erased/);
  });

  await t.test('the requests of jobs that named the user have no name any more', async () => {
    const { request } = await program.json<{ request: { user: string } }>(`/insights/job/${annas}`);
    assert.equal(request.user, '(erased)');
    const kept = await program.json<{ request: { user: string } }>(`/insights/job/${berts}`);
    assert.equal(kept.request.user, bert);
  });

  const gone = async () => {
    assert.deepEqual(await usersIn(await exported({})), { [bert]: count });
    assert.deepEqual(await usersIn(await exported({ user: anna })), {});
    assert.deepEqual(await usersIn(await exported({ object: 'https://contoso.sharepoint.example/sites/shared' })), {
      [bert]: count,
    });
  };
  await t.test('new reports do not have it, after a restart neither', async () => {
    await gone();
    process.kill(program.workerPid, 'SIGKILL');
    await gone();
  });

  await t.test('the same records are not stored again, in another format neither', async () => {
    const everything = [...ofAnna, ...ofBert];
    const counts = { read: 2 * count, added: 0, duplicates: count, rejected: 0, forgotten: count };
    assert.deepEqual(await imported(ndjson(everything)), counts);
    assert.deepEqual(await imported(purviewCsv(everything)), counts);
    await gone();
  });

  await t.test('what the user does later is stored; with allowForgotten all of it is, once', async () => {
    const later = new Date(Date.now() + 3_600_000).toISOString().slice(0, 19);
    const [record] = recordsOf(anna, 1, { Id: 'anna-later', CreationTime: later });
    assert.deepEqual(await imported(ndjson([record!])), {
      read: 1,
      added: 1,
      duplicates: 0,
      rejected: 0,
      forgotten: 0,
    });
    const counts = { read: count, added: count, duplicates: 0, rejected: 0, forgotten: 0 };
    assert.deepEqual(await imported(ndjson(ofAnna), '?allowForgotten=true'), counts);
    const again = { read: count, added: 0, duplicates: count, rejected: 0, forgotten: 0 };
    assert.deepEqual(await imported(ndjson(ofAnna), '?allowForgotten=true'), again);
    assert.deepEqual(await usersIn(await exported({})), { [anna]: count + 1, [bert]: count });
  });

  await t.test('an erasure up to a time leaves what is later', async () => {
    const before = '2026-02-01T00:00:00Z';
    const ran = await trailport(['forget', 'user', anna, '--before', before]);
    assert.equal(ran.status, 0, ran.err);
    const january = 31 * 3;
    assert.equal(ran.out, `${january} activities of ${anna} erased.\n`);
    assert.deepEqual(await usersIn(await exported({ user: anna })), { [anna]: count + 1 - january });
    const counts = { read: count, added: 0, duplicates: 0, rejected: 0, forgotten: count };
    assert.deepEqual(await imported(ndjson(ofAnna)), counts);
    assert.deepEqual(await usersIn(await exported({ user: anna })), { [anna]: count + 1 - january });
  });
});
