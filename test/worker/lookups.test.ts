import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noFilters } from '../../src/domain/filters.ts';
import type { TenantId } from '../../src/domain/ids.ts';
import { type LookupLimits, Lookups } from '../../src/worker/lookups.ts';
import type { ToWorker } from '../../src/worker/messages.ts';

const never = new AbortController().signal;

function opened(over: Partial<LookupLimits> = {}) {
  const told: ToWorker[] = [];
  const limits = { countMs: 60_000, countsRunning: 3, countsRunningPerTenant: 2, countsWaitingPerTenant: 2, ...over };
  const lookups = new Lookups(limits, (message) => told.push(message));
  const askAs = (name: string, signal = never) => {
    const tenant = name as TenantId;
    const period = { fromMs: null, untilMs: null };
    const answer = lookups.ask(
      'count',
      tenant,
      { selection: { tenant, source: 'google', period, ...noFilters } },
      signal,
    );
    answer.catch(() => {});
    return answer;
  };
  /** Whose lookups have begun, in their order. */
  const begun = () =>
    told.flatMap((message) =>
      message.say === 'look up' && 'selection' in message.question ? [message.question.selection.tenant as string] : [],
    );
  const numbers = () => told.flatMap((message) => (message.say === 'look up' ? [message.number] : []));
  const stopped = () => told.flatMap((message) => (message.say === 'stop lookup' ? [message.number] : []));
  const found = (number: number, answer = 7) => lookups.hear({ say: 'found', number, answer });
  const end = () => lookups.endAll(new Error('the end') as never);
  return { lookups, askAs, begun, numbers, stopped, found, [Symbol.dispose]: end };
}

test('only so many lookups run at once, of one tenant and of all; more wait, and of one tenant only so many', async () => {
  using opening = opened();
  const { askAs, begun, found } = opening;
  const first = askAs('a');
  for (let i = 0; i < 3; i++) askAs('a');
  assert.deepEqual(begun(), ['a', 'a']);
  await assert.rejects(askAs('a'), { code: 'too_many_counts', facts: { retryAfterSeconds: 1 } });
  askAs('b');
  const last = askAs('c');
  assert.deepEqual(begun(), ['a', 'a', 'b']);
  // Whoever has fewer running is next, although others came before.
  found(1);
  assert.deepEqual(begun(), ['a', 'a', 'b', 'c']);
  assert.equal(await first, 7);
  found(6, 8);
  assert.equal(await last, 8);
});

test('a tenant with many waiting does not keep out another, however often a place is free', () => {
  using opening = opened({ countsRunning: 2, countsRunningPerTenant: 2, countsWaitingPerTenant: 100 });
  const { askAs, begun, numbers, found } = opening;
  for (let i = 0; i < 40; i++) askAs('many');
  for (let i = 0; i < 3; i++) askAs(`tenant-${i}`);
  // Those that run end in the order in which they began.
  for (let ended = 0; ended < 43; ended++) found(numbers()[ended]!);
  assert.equal(begun().length, 43);
  const early = begun().slice(0, 8);
  assert.equal(early.filter((name) => name !== 'many').length, 3, early.join(' '));
});

test('a lookup that takes too long or that nobody waits for ends, and keeps its place until the worker has ended it', async () => {
  using opening = opened({ countMs: 20, countsRunningPerTenant: 1, countsWaitingPerTenant: 0 });
  const { lookups, askAs, stopped, found } = opening;
  await assert.rejects(askAs('a'), { code: 'count_timeout' });
  const left = new AbortController();
  const asked = askAs('b', left.signal);
  left.abort(new Error('left'));
  await assert.rejects(asked, /left/);
  assert.deepEqual(stopped(), [1, 2]);
  await assert.rejects(askAs('a'), { code: 'too_many_counts' });
  lookups.hear({ say: 'not found', number: 1, code: 'count_timeout', message: '' });
  const third = askAs('a');
  found(3, 1);
  assert.equal(await third, 1);
});

test('one that waits too long, or whose client leaves while it waits, never begins', async () => {
  using opening = opened({ countMs: 20, countsRunningPerTenant: 1, countsRunning: 1 });
  const { askAs, begun, stopped, found } = opening;
  askAs('a');
  const left = new AbortController();
  const gone = askAs('b', left.signal);
  left.abort(new Error('left'));
  await assert.rejects(gone, /left/);
  await assert.rejects(askAs('c'), { code: 'too_busy', facts: { retryAfterSeconds: 1 } });
  found(1);
  assert.deepEqual(begun(), ['a']);
  // Only the first ran, and too long.
  assert.deepEqual(stopped(), [1]);
});

test('when the worker is gone, those that run and those that wait are answered', async () => {
  using opening = opened({ countsRunning: 1 });
  const both = [opening.askAs('a'), opening.askAs('a')];
  opening.lookups.endAll(new Error('gone') as never);
  for (const answer of both) await assert.rejects(answer, /gone/);
});
