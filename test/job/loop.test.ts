import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Failure } from '../../src/domain/failure.ts';
import type { JobId } from '../../src/domain/ids.ts';
import { Loop, type LoopParts } from '../../src/job/loop.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { openLog } from '../../src/kit/log.ts';
import { contoso, openJournal, outcome } from './fixtures.ts';

/** A loop over a real journal whose attempts end when the test says so. */
function opened(t: TestContext) {
  const room = openJournal();
  t.after(() => room[Symbol.dispose]());
  const { journal, addExport: add } = room;
  const running = new Map<JobId, PromiseWithResolvers<void>>();
  const takenBack: JobId[] = [];
  const limits = {
    attempts: 3,
    leaseMs: 10_000,
    reportKeptMs: 1000,
    exportsRunningPerTenant: 2,
    exportsRunningPerWorker: 2,
    importsRunningPerTenant: 1,
    importsRunningPerWorker: 1,
  };
  const attempt: LoopParts['attempt'] = async (job) => {
    const end = Promise.withResolvers<void>();
    running.set(job.id, end);
    await end.promise.finally(() => running.delete(job.id));
    return { outcome, takeBack: async () => void takenBack.push(job.id) };
  };
  const log = openLog('silent', 'test');
  const loop = new Loop({
    journal,
    clock: systemClock,
    log,
    attempt,
    changed: () => {},
    ended: async () => {},
    holder: 'w',
    limits,
  });
  const cutOff = (times: number) => {
    for (let i = 0; i < times; i++)
      journal.giveBack(journal.claim('export', 'dead', 9, 1, i < 2 ? 'unsuspected' : 'suspect')!, 'counted');
  };
  const state = (id: JobId) => journal.find(contoso, id)?.state;
  /** Lets the promises that hang on an attempt's end run. */
  const settle = async (id: JobId, error?: Failure) => {
    const end = running.get(id)!;
    if (error === undefined) end.resolve();
    else end.reject(error);
    while (running.get(id) === end || (state(id) === 'running' && !running.has(id))) await new Promise(setImmediate);
    await new Promise(setImmediate);
  };
  return { journal, loop, running, takenBack, add, cutOff, state, settle };
}

test('as many run as may, the next when one ends', async (t) => {
  const { loop, running, add, state, settle } = opened(t);
  const [first, second, third] = [add(), add(), add()];
  loop.wake();
  assert.deepEqual([...running.keys()], [first, second]);
  await settle(first);
  assert.deepEqual([state(first), [...running.keys()]], ['finished', [second, third]]);
  await settle(second);
  await settle(third);
});

test('a job whose attempts were cut off twice runs alone, so that no other pays for what it does', async (t) => {
  const { loop, running, add, cutOff, settle, state } = opened(t);
  const suspect = add();
  cutOff(2);
  const [second, third] = [add(), add()];
  loop.wake();
  assert.deepEqual([...running.keys()], [suspect]);
  await settle(suspect);
  assert.deepEqual([state(suspect), [...running.keys()]], ['finished', [second, third]]);
  await settle(second);
  await settle(third);
});

test('a failure that another attempt cannot mend ends the job with its reason; one that it can is tried again', async (t) => {
  const { journal, loop, running, add, settle } = opened(t);
  const id = add();
  loop.wake();
  await settle(id, new Failure('store_unreachable', 'The store could not answer.'));
  while (!running.has(id)) await new Promise(setImmediate);
  assert.equal(journal.find(contoso, id)?.attempt, 2);
  await settle(id, new Failure('import_not_understood', 'The file is a picture.'));
  const job = journal.find(contoso, id);
  assert.deepEqual(job?.state === 'failed' && job.failure, {
    code: 'import_not_understood',
    message: 'The file is a picture.',
  });
});

test('a result that comes after the job was called off is taken back', async (t) => {
  const { journal, loop, running, takenBack, add, state } = opened(t);
  const id = add();
  loop.wake();
  journal.cancel(journal.find(contoso, id)!.key, 'running', 1);
  running.get(id)!.resolve();
  while (takenBack.length === 0) await new Promise(setImmediate);
  assert.deepEqual([takenBack, state(id)], [[id], 'cancelled']);
});

test('a loop that stops gives back what it holds, uncounted', async (t) => {
  const { journal, loop, running, add } = opened(t);
  const id = add();
  loop.wake();
  const stopped = loop.stop();
  running.get(id)!.reject(new Error('called off'));
  await stopped;
  const job = journal.find(contoso, id);
  assert.deepEqual([job?.state, job?.attempt], ['waiting', 0]);
});
