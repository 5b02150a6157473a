import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noFilters } from '../../src/domain/filters.ts';
import type { TenantId } from '../../src/domain/ids.ts';
import type { Selection } from '../../src/domain/selection.ts';
import { Counts } from '../../src/worker/counts.ts';
import type { ToWorker } from '../../src/worker/messages.ts';

const never = new AbortController().signal;

function selectionOf(tenant: string): Selection {
  const period = { fromMs: null, untilMs: null };
  return { tenant: tenant as TenantId, source: 'microsoft365', period, ...noFilters };
}

function opened(countMs = 60_000) {
  const told: ToWorker[] = [];
  const counts = new Counts({ countMs, countsRunning: 3, countsRunningPerTenant: 2 }, (message) => told.push(message));
  return { counts, told };
}

test('only so many dry runs are counted at once, of one tenant and of all; a place is free when one has ended', async () => {
  const { counts, told } = opened();
  const first = counts.ask(selectionOf('a'), never);
  void counts.ask(selectionOf('a'), never).catch(() => {});
  await assert.rejects(counts.ask(selectionOf('a'), never), {
    code: 'too_many_counts',
    facts: { retryAfterSeconds: 1 },
  });
  void counts.ask(selectionOf('b'), never).catch(() => {});
  await assert.rejects(counts.ask(selectionOf('c'), never), { code: 'too_busy', facts: { retryAfterSeconds: 1 } });
  assert.equal(told.length, 3);
  counts.hear({ say: 'counted', question: 1, rows: 7 });
  assert.equal(await first, 7);
  const again = counts.ask(selectionOf('c'), never);
  counts.hear({ say: 'counted', question: 4, rows: 8 });
  assert.equal(await again, 8);
});

test('a question that takes too long or that nobody waits for ends, and keeps its place until the worker has ended it', async () => {
  const { counts, told } = opened(20);
  await assert.rejects(counts.ask(selectionOf('a'), never), { code: 'count_timeout' });
  const left = new AbortController();
  const asked = counts.ask(selectionOf('a'), left.signal);
  left.abort(new Error('left'));
  await assert.rejects(asked, /left/);
  assert.deepEqual(
    told.filter(({ say }) => say === 'stop counting').map((message) => 'question' in message && message.question),
    [1, 2],
  );
  await assert.rejects(counts.ask(selectionOf('a'), never), { code: 'too_many_counts' });
  counts.hear({ say: 'not counted', question: 1, code: 'count_timeout', message: '' });
  const third = counts.ask(selectionOf('a'), never);
  counts.hear({ say: 'counted', question: 3, rows: 1 });
  assert.equal(await third, 1);
});
