import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Failure } from '../../src/domain/failure.ts';
import type { JobEvent } from '../../src/domain/figures.ts';
import type { JobId } from '../../src/domain/ids.ts';
import { Loop, type LoopParts } from '../../src/job/loop.ts';
import { openLog } from '../../src/kit/log.ts';
import { openSqlite } from '../../src/kit/sqlite/sqlite.ts';
import { claim, contoso, openJournal, outcome } from './fixtures.ts';

/** A loop over a real journal whose attempts end when the test says so, and whose clock the test moves. */
function opened(t: TestContext, exportsRunningPerWorker = 2) {
  const jobs = openJournal();
  t.after(() => jobs[Symbol.dispose]());
  const { journal, addExport: add } = jobs;
  const running = new Map<JobId, PromiseWithResolvers<void>>();
  const takenBack: JobId[] = [];
  const events: JobEvent[] = [];
  const time = { now: 1_000_000, monotonic: 0 };
  const limits = {
    attempts: 5,
    leaseMs: 10_000,
    reportKeptMs: 1000,
    exportsRunningPerTenant: 2,
    exportsRunningPerWorker,
    importsRunningPerTenant: 1,
    importsRunningPerWorker: 1,
    suspectTurnMs: 10_000,
    diskFullMs: 60_000,
  };
  const attempt: LoopParts['attempt'] = async (job, { signal }) => {
    const end = Promise.withResolvers<void>();
    running.set(job.id, end);
    signal.addEventListener('abort', () => end.reject(signal.reason));
    await end.promise.finally(() => running.delete(job.id));
    return { outcome, takeBack: async () => void takenBack.push(job.id) };
  };
  const loop = new Loop({
    journal,
    clock: { now: () => time.now, monotonic: () => time.monotonic },
    log: openLog('silent', 'test'),
    attempt,
    changed: () => {},
    ended: async () => {},
    onEvent: (event) => events.push(event),
    holder: 'w',
    limits,
  });
  const cutOff = async (times: number) => {
    for (let i = 0; i < times; i++) await journal.giveBack((await claim(journal, { holder: 'dead' }))!, 'counted');
  };
  const state = async (id: JobId) => (await journal.find(contoso, id))?.state;
  /** Waits until exactly these jobs run. */
  const runs = async (...ids: JobId[]) => {
    while ([...running.keys()].sort().join() !== [...ids].sort().join()) await new Promise(setImmediate);
  };
  /** Moves of this journal take no turn of the event loop, so the take-up is over after one. */
  const woken = async () => {
    loop.wake();
    await new Promise(setImmediate);
  };
  return { journal, path: jobs.path, loop, woken, running, takenBack, events, add, cutOff, state, runs, time };
}

test('as many run as may, the next when one ends', async (t) => {
  const { woken, running, add, state, runs } = opened(t);
  const [first, second, third] = [await add(), await add(), await add()];
  await woken();
  await runs(first, second);
  running.get(first)!.resolve();
  await runs(second, third);
  assert.equal(await state(first), 'finished');
  running.get(second)!.resolve();
  running.get(third)!.resolve();
  await runs();
});

test('a job that was cut off twice waits for its turn, runs alone, and gives the others theirs', async (t) => {
  const { woken, running, add, cutOff, runs, state, time } = opened(t);
  const suspect = await add();
  await cutOff(2);
  const [second, third] = [await add(), await add()];
  await woken();
  await runs(second, third);
  time.monotonic = 10_000;
  await woken();
  running.get(second)!.resolve();
  await runs(third);
  const fourth = await add();
  await woken();
  await runs(third);
  running.get(third)!.resolve();
  await runs(suspect);
  running.get(suspect)!.resolve();
  await runs(fourth);
  assert.equal(await state(suspect), 'finished');
  running.get(fourth)!.resolve();
  await runs();
});

test('a job that was cut off twice begins at once where nothing else waits', async (t) => {
  const { woken, running, add, cutOff, runs } = opened(t);
  const suspect = await add();
  await cutOff(2);
  await woken();
  await runs(suspect);
  running.get(suspect)!.resolve();
  await runs();
});

test('neither a long job nor a long suspect holds up the others for longer than a turn', async (t) => {
  const { journal, woken, running, add, cutOff, runs, time } = opened(t);
  const suspect = await add();
  await cutOff(2);
  const long = await add();
  await woken();
  await runs(long);
  time.monotonic = 10_000;
  await woken();
  time.monotonic = 20_000;
  // The long job had its time to end: it goes back, at its old place and uncounted, and the suspect runs.
  await woken();
  await runs(suspect);
  assert.equal((await journal.find(contoso, long))?.attempt, 0);
  time.monotonic = 29_999;
  await woken();
  await runs(suspect);
  time.monotonic = 30_000;
  await woken();
  await runs(suspect, long);
  running.get(suspect)!.resolve();
  running.get(long)!.resolve();
  await runs();
});

test('a failure that another attempt cannot mend ends the job with its reason; one that it can is tried again', async (t) => {
  const { journal, woken, running, add, runs, state, events } = opened(t);
  const id = await add();
  await woken();
  await runs(id);
  running.get(id)!.reject(new Failure('store_unreachable', 'The store could not answer.'));
  await runs();
  await runs(id);
  assert.equal((await journal.find(contoso, id))?.attempt, 2);
  running.get(id)!.reject(new Failure('import_not_understood', 'The file is a picture.'));
  while ((await state(id)) === 'running') await new Promise(setImmediate);
  const job = await journal.find(contoso, id);
  assert.deepEqual(job?.state === 'failed' && job.failure, {
    code: 'import_not_understood',
    message: 'The file is a picture.',
  });
  // What is counted.
  assert.deepEqual(
    events.map(({ what }) => what),
    ['taken up', 'taken up', 'failed'],
  );
});

test('a full disk costs a job no attempt, and a disk that stays full fails it with disk_full', async (t) => {
  const { journal, woken, running, add, runs, state, time } = opened(t);
  const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  const id = await add();
  await woken();
  await runs(id);
  running.get(id)!.reject(full);
  await runs();
  await runs(id);
  assert.equal((await journal.find(contoso, id))?.attempt, 1);
  time.now += 60_000;
  running.get(id)!.reject(full);
  while ((await state(id)) === 'running') await new Promise(setImmediate);
  const job = await journal.find(contoso, id);
  assert.equal(job?.state === 'failed' && job.failure.code, 'disk_full');
});

test('a job database that another process locks for a while stops nothing for good: jobs are taken up and end after it', async (t) => {
  const { woken, running, add, state, runs, path } = opened(t);
  const other = openSqlite(path, 0);
  t.after(() => other.close());
  const [first, second] = [await add(), await add()];
  other.exec('BEGIN IMMEDIATE');
  await woken();
  assert.equal(running.size, 0);
  other.exec('COMMIT');
  await woken();
  await runs(first, second);
  other.exec('BEGIN IMMEDIATE');
  running.get(first)!.reject(new Failure('import_not_understood', 'The file is a picture.'));
  await runs(second);
  assert.equal(await state(first), 'running');
  other.exec('COMMIT');
  while ((await state(first)) === 'running') await new Promise(setImmediate);
  assert.equal(await state(first), 'failed');
  running.get(second)!.resolve();
  await runs();
});

test('a result that comes after the job was cancelled is taken back', async (t) => {
  const { journal, woken, running, takenBack, add, state, runs, events } = opened(t);
  const id = await add();
  await woken();
  await runs(id);
  await journal.cancel((await journal.find(contoso, id))!.key, 'running', 1);
  running.get(id)!.resolve();
  while (takenBack.length === 0) await new Promise(setImmediate);
  assert.deepEqual([takenBack, await state(id)], [[id], 'cancelled']);
  assert.deepEqual(events, [{ what: 'taken up', type: 'export' }]);
});

test('a loop that stops gives back what it holds, uncounted', async (t) => {
  const { journal, loop, woken, add, runs } = opened(t);
  const id = await add();
  await woken();
  await runs(id);
  await loop.stop();
  const job = await journal.find(contoso, id);
  assert.deepEqual([job?.state, job?.attempt], ['waiting', 0]);
});

test('a job that is claimed while the loop begins to stop is given back too', async (t) => {
  const { journal, loop, woken, add, running } = opened(t);
  const id = await add();
  const claimNext = journal.claim.bind(journal);
  const stopped = Promise.withResolvers<void>();
  journal.claim = async (ask) => {
    const job = await claimNext(ask);
    if (job !== null) void loop.stop().then(stopped.resolve, stopped.reject);
    return job;
  };
  await woken();
  await stopped.promise;
  const job = await journal.find(contoso, id);
  assert.deepEqual([running.size, job?.state, job?.attempt], [0, 'waiting', 0]);
});
