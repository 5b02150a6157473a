import assert from 'node:assert/strict';
import { createHook } from 'node:async_hooks';
import { test } from 'node:test';
import type { JobId } from '../../src/domain/ids.ts';
import { Desk } from '../../src/job/job.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { add, contoso, exportOf, openJournal } from './fixtures.ts';

/** How many timers are made until it is disposed of: every one of Node's is a `Timeout`. */
function countTimers(): Disposable & { readonly made: () => number } {
  let made = 0;
  const hook = createHook({
    init: (_, type) => {
      if (type === 'Timeout') made++;
    },
  }).enable();
  return { made: () => made, [Symbol.dispose]: () => void hook.disable() };
}

test('a thousand held polls of as many jobs have one timer, and each is answered at its own deadline', async (t) => {
  const jobs = openJournal();
  t.after(() => jobs[Symbol.dispose]());
  const desk = new Desk(jobs.journal, systemClock, { jobsWaitingPerTenant: 1000 });
  const ids: JobId[] = [];
  for (let i = 0; i < 1000; i++) ids.push(await add(jobs.journal, exportOf()));
  const seconds = (i: number) => 1 + (i % 2);
  using timers = countTimers();
  const startedMs = performance.now();
  const answered = ids.map(async (id, i) => {
    const job = await desk.follow(contoso, id, seconds(i) * 1000, new AbortController().signal);
    return { state: job.state, asked: seconds(i), afterMs: performance.now() - startedMs };
  });
  // The next turn of the event loop: everybody waits.
  await new Promise(setImmediate);
  assert.equal(timers.made(), 1);
  for (const { state, asked, afterMs } of await Promise.all(answered)) {
    assert.equal(state, 'waiting');
    assert.ok(afterMs >= asked * 1000 && afterMs < asked * 1000 + 1000, `${afterMs} ms of ${asked} s`);
  }
  // It ends when all are woken to look again, which is every second, and the first to wait again makes another.
  assert.ok(timers.made() <= 4, `${timers.made()} timers`);
  // What is compared with: a signal of its own for each is a timer for each.
  for (const _ of ids) AbortSignal.timeout(1);
  assert.ok(timers.made() > 1000);
});
