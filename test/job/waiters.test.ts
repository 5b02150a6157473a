import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Waiters } from '../../src/job/waiters.ts';

const never = new AbortController().signal;

/** Whether a promise has resolved when everything that is due now is done. */
async function isDone(promise: Promise<void>): Promise<boolean> {
  let done = false;
  void promise.then(() => {
    done = true;
  });
  await new Promise((turn) => setImmediate(turn));
  return done;
}

test('who waits for a key is woken by its change, and nobody else is', async () => {
  const waiters = new Waiters();
  const stop = new AbortController();
  const [one, same, other] = [waiters.next('1', never), waiters.next('1', never), waiters.next('2', stop.signal)];
  waiters.changed('1');
  assert.deepEqual([await isDone(one), await isDone(same), await isDone(other)], [true, true, false]);
  stop.abort();
  assert.equal(await isDone(other), true);
});

test('who waits is woken when its signal aborts, also when it has aborted before', async () => {
  const waiters = new Waiters();
  const left = new AbortController();
  const waiting = waiters.next('1', left.signal);
  assert.equal(await isDone(waiting), false);
  left.abort();
  assert.equal(await isDone(waiting), true);
  assert.equal(await isDone(waiters.next('1', left.signal)), true);
});

test('all are woken after a second by one timer, which ends when nobody waits', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] });
  t.after(() => mock.timers.reset());
  const started = t.mock.method(globalThis, 'setInterval');
  const ended = t.mock.method(globalThis, 'clearInterval');
  const waiters = new Waiters();
  const waiting = ['1', '1', '2'].map((key) => waiters.next(key, never));
  mock.timers.tick(999);
  assert.equal(await isDone(waiting[0]!), false);
  mock.timers.tick(1);
  for (const one of waiting) assert.equal(await isDone(one), true);
  assert.deepEqual([started.mock.callCount(), ended.mock.callCount()], [1, 1]);
});

test('a deadline is kept, by the monotonic clock and within a tenth of a second', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] });
  t.after(() => mock.timers.reset());
  let nowMs = 5000;
  const waiters = new Waiters({ monotonic: () => nowMs });
  const passed = (ms: number) => {
    nowMs += ms;
    mock.timers.tick(ms);
  };
  const [early, late] = [waiters.next('1', never, nowMs + 350), waiters.next('1', never, nowMs + 450)];
  passed(300);
  assert.deepEqual([await isDone(early), await isDone(late)], [false, false]);
  passed(100);
  assert.deepEqual([await isDone(early), await isDone(late)], [true, false]);
  passed(100);
  assert.equal(await isDone(late), true);
});
