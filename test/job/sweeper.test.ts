import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Shelf } from '../../src/files/shelf.ts';
import { Spool } from '../../src/files/spool.ts';
import { Desk } from '../../src/job/job.ts';
import { Sweeper } from '../../src/job/sweeper.ts';
import { openLog } from '../../src/kit/log.ts';
import { app, contoso, exportRequest, openJournal } from './fixtures.ts';

const caller = { tenant: contoso, app, scopes: [] };

async function opened(t: TestContext) {
  const jobs = openJournal();
  t.after(() => jobs[Symbol.dispose]());
  const { directory, journal } = jobs;
  const time = { now: 1_000_000, monotonic: 0 };
  const clock = { now: () => time.now, monotonic: () => time.monotonic };
  const desk = new Desk(journal, clock, { jobsWaitingPerTenant: 10 });
  const [spool, shelf] = [await Spool.open(join(directory, 'spool')), await Shelf.open(join(directory, 'reports'))];
  const limits = { leaseMs: 1000, attempts: 2 };
  const sweeper = new Sweeper({
    journal,
    desk,
    files: { shelf, spool },
    clock,
    log: openLog('silent', 'test'),
    limits,
  });
  const start = () => desk.startExport(caller, exportRequest, { fresh: true, idempotencyKey: null }).id;
  return { directory, time, journal, desk, sweeper, spool, start };
}

test('a lease whose pulse stops for its length is taken away, one that beats is not, whatever the wall clock does', async (t) => {
  const { time, journal, desk, sweeper, start } = await opened(t);
  const id = start();
  const lease = journal.claim('export', 'w', 5, 1)!;
  sweeper.leases();
  time.now += 10 * 365 * 86_400_000;
  time.monotonic = 900;
  journal.beat(lease, { rows: 0, rowsTotal: null, percent: null });
  sweeper.leases();
  time.monotonic = 1800;
  sweeper.leases();
  assert.equal(desk.look(contoso, id).state, 'running');
  time.monotonic = 1900;
  sweeper.leases();
  assert.equal(desk.look(contoso, id).state, 'waiting');
});

test('a job whose every attempt was cut off fails with a reason instead of going round for ever', async (t) => {
  const { journal, desk, sweeper, start } = await opened(t);
  const id = start();
  for (const holder of ['one', 'two']) {
    journal.claim('export', holder, 5, 1);
    sweeper.releaseLeasesOf((dead) => dead === 'somebody else');
    assert.equal(desk.look(contoso, id).state, 'running');
    sweeper.releaseLeasesOf((dead) => dead === holder);
  }
  const job = desk.look(contoso, id);
  assert.equal(job.state, 'failed');
  assert.equal(job.state === 'failed' && job.failure.code, 'attempts_spent');
});

test('files that no job needs are removed, those of waiting jobs stay', async (t) => {
  const { directory, desk, sweeper, spool } = await opened(t);
  const kept = await spool.receive(
    (async function* () {
      yield Buffer.from('{}');
    })(),
    100,
  );
  desk.startImport(caller, { fileName: null, ...kept });
  writeFileSync(join(directory, 'spool', 'left.import.part'), 'x');
  writeFileSync(join(directory, 'reports', 'left.tmp'), 'x');
  await sweeper.files();
  assert.deepEqual(readdirSync(join(directory, 'spool')), [kept.spoolName]);
  assert.deepEqual(readdirSync(join(directory, 'reports')), []);
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
