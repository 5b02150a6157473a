import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { JobEvent } from '../../src/domain/figures.ts';
import { removeFiles } from '../../src/files/files.ts';
import { Shelf } from '../../src/files/shelf.ts';
import { Spool } from '../../src/files/spool.ts';
import { Desk } from '../../src/job/job.ts';
import { Sweeper } from '../../src/job/sweeper.ts';
import { openLog } from '../../src/kit/log.ts';
import { app, claim, contoso, exportRequest, openJournal } from './fixtures.ts';

const caller = { tenant: contoso, app, scopes: [] };

async function opened(t: TestContext) {
  const jobs = openJournal();
  t.after(() => jobs[Symbol.dispose]());
  const { directory, journal } = jobs;
  const time = { now: 1_000_000, monotonic: 0 };
  const clock = { now: () => time.now, monotonic: () => time.monotonic };
  const [spool, shelf] = [await Spool.open(join(directory, 'spool')), await Shelf.open(join(directory, 'reports'))];
  const removed: Promise<void>[] = [];
  const events: JobEvent[] = [];
  const desk = new Desk(journal, clock, { jobsWaitingPerTenant: 10 }, (refs) => {
    removed.push(removeFiles({ spool, shelf }, refs));
  });
  const limits = { leaseMs: 1000, attempts: 2, jobKeptMs: 90 * 86_400_000 };
  const sweeper = new Sweeper({
    journal,
    desk,
    files: { shelf, spool },
    clock,
    log: openLog('silent', 'test'),
    onEvent: (event) => events.push(event),
    limits,
  });
  const start = async () => (await desk.startExport(caller, exportRequest, { fresh: true, idempotencyKey: null })).id;
  return { directory, time, journal, desk, sweeper, spool, shelf, start, removed, events };
}

test('a lease without a heartbeat for its length ends, one with a heartbeat does not, whatever the wall clock does', async (t) => {
  const { time, journal, desk, sweeper, start } = await opened(t);
  const id = await start();
  const lease = (await claim(journal, { nowMs: 1 }))!;
  await sweeper.leases();
  time.now += 10 * 365 * 86_400_000;
  time.monotonic = 500;
  await sweeper.leases();
  time.monotonic = 900;
  await journal.beat(lease, { rows: 0, rowsTotal: null, percent: null });
  await sweeper.leases();
  for (time.monotonic = 1300; time.monotonic < 1900; time.monotonic += 200) await sweeper.leases();
  assert.equal((await desk.look(contoso, id)).state, 'running');
  time.monotonic = 1900;
  await sweeper.leases();
  assert.equal((await desk.look(contoso, id)).state, 'waiting');
});

test('time in which the job database could not be read ends no lease, since nobody could beat', async (t) => {
  const { time, journal, desk, sweeper, start } = await opened(t);
  const id = await start();
  const lease = (await claim(journal, { nowMs: 1 }))!;
  await sweeper.leases();
  time.monotonic = 5000;
  await sweeper.leases();
  assert.equal((await desk.look(contoso, id)).state, 'running');
  assert.ok(await journal.beat(lease, { rows: 0, rowsTotal: null, percent: null }));
  for (time.monotonic = 5200; time.monotonic < 6200; time.monotonic += 200) await sweeper.leases();
  assert.equal((await desk.look(contoso, id)).state, 'running');
  assert.equal(time.monotonic, 6200);
  await sweeper.leases();
  assert.equal((await desk.look(contoso, id)).state, 'waiting');
});

test('a job whose every attempt was cut off fails with a reason instead of going round for ever', async (t) => {
  const { journal, desk, sweeper, start, events } = await opened(t);
  const id = await start();
  for (const holder of ['one', 'two']) {
    await claim(journal, { holder, nowMs: 1 });
    await sweeper.releaseLeasesOf((dead) => dead === 'somebody else');
    assert.equal((await desk.look(contoso, id)).state, 'running');
    await sweeper.releaseLeasesOf((dead) => dead === holder);
  }
  const job = await desk.look(contoso, id);
  assert.equal(job.state, 'failed');
  assert.equal(job.state === 'failed' && job.failure.code, 'attempts_spent');
  const rescued = { what: 'rescued', type: 'export', because: 'worker_died' };
  assert.deepEqual(events, [
    { ...rescued, gaveUp: false },
    { ...rescued, gaveUp: true },
  ]);
});

test('files that no job needs are removed, those of waiting jobs stay', async (t) => {
  const { directory, desk, sweeper, spool } = await opened(t);
  const kept = await spool.receive(
    (async function* () {
      yield Buffer.from('{}');
    })(),
    100,
  );
  await desk.startImport(caller, { fileName: null, ...kept });
  writeFileSync(join(directory, 'spool', 'left.import.part'), 'x');
  writeFileSync(join(directory, 'reports', 'left.tmp'), 'x');
  await sweeper.files();
  assert.deepEqual(readdirSync(join(directory, 'spool')), [kept.spoolName]);
  assert.deepEqual(readdirSync(join(directory, 'reports')), []);
});

/** Brings a job to its end in each way, with the files that it has then. */
async function endedJobs({ journal, desk, spool, shelf, start, time }: Awaited<ReturnType<typeof opened>>) {
  const [kept, failed, cancelled, waiting] = [await start(), await start(), await start(), await start()];
  const claimed = async (type: 'export' | 'import') => (await claim(journal, { type, perTenant: 9, nowMs: time.now }))!;
  const done = await claimed('export');
  const place = await shelf.begin(done.key, done.fence);
  const shelfName = await place.publish();
  const report = { fileName: 'a.zip', shelfName, bytes: 0, rows: 0, sha256: '', files: [] };
  await journal.finish(done, { type: 'export', report }, time.now, time.now + 400 * day);
  await journal.fail(await claimed('export'), { code: 'internal', message: '' }, time.now);
  await desk.cancel(contoso, cancelled);
  const imported = (await desk.startImport(caller, { fileName: null, spoolName: 'gone', bytes: 1 })).id;
  const import_ = await claimed('import');
  const rejects = await spool.beginRejects('1.rejects');
  await rejects.write('{}\n');
  await rejects.publish();
  const result = { read: 1, added: 0, duplicates: 0, rejected: 1, from: null, until: null, bySource: {}, assumed: [] };
  await journal.finish(import_, { type: 'import', result, rejectsName: '1.rejects' }, time.now, null);
  return { kept, failed, cancelled, waiting, imported };
}

const day = 86_400_000;

test('jobs that ended long ago are removed with their files; one stays that waits or has a report, and no number comes back', async (t) => {
  const all = await opened(t);
  const { time, desk, sweeper, journal, directory, start } = all;
  const { kept, failed, cancelled, waiting, imported } = await endedJobs(all);
  time.now += 90 * day;
  await sweeper.jobs();
  assert.equal((await desk.look(contoso, failed)).state, 'failed', 'its time is not over yet');
  time.now += 1;
  await sweeper.jobs();
  for (const id of [failed, cancelled, imported]) assert.equal(await journal.find(contoso, id), null);
  assert.equal((await desk.look(contoso, waiting)).state, 'waiting');
  assert.equal((await desk.look(contoso, kept)).state, 'finished');
  assert.deepEqual(readdirSync(join(directory, 'spool')), []);
  assert.equal(readdirSync(join(directory, 'reports')).length, 1);
  assert.equal(await start(), imported + 1);
});

test('removing the report of an export or the rejects of an import removes the file; a second time there is nothing', async (t) => {
  const all = await opened(t);
  const { desk, directory, removed } = all;
  const { kept, failed, imported } = await endedJobs(all);
  for (const [id, place] of [
    [kept, 'reports'],
    [imported, 'spool'],
  ] as const) {
    assert.equal(readdirSync(join(directory, place)).length, 1);
    assert.ok(await desk.expire(contoso, id));
    await Promise.all(removed);
    assert.deepEqual(readdirSync(join(directory, place)), []);
    assert.equal((await desk.look(contoso, id)).state, 'expired');
    assert.equal(await desk.expire(contoso, id), false);
  }
  assert.equal(await desk.expire(contoso, failed), false);
});

test('a body that is too long or empty leaves nothing in the spool', async (t) => {
  const { directory, spool } = await opened(t);
  const body = async function* (...chunks: string[]) {
    for (const chunk of chunks) yield Buffer.from(chunk);
  };
  await assert.rejects(spool.receive(body('12345', '678901'), 10), /larger than 10 bytes/);
  await assert.rejects(spool.receive(body(), 10), /empty/);
  assert.deepEqual(readdirSync(join(directory, 'spool')), []);
});
