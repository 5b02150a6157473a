import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Removals } from '../../src/store/removals.ts';

test('while removals are held none begins, and who holds them waits for those that run', async () => {
  const removals = new Removals();
  const events: string[] = [];
  const end = Promise.withResolvers<void>();
  const running = removals.run(async () => {
    await end.promise;
    // A part of a removal that runs: who holds removals waits for it.
    assert.equal(await removals.begin(async () => 'begun'), 'begun');
    events.push('first removal');
  });
  const held = removals.hold().then((release) => {
    events.push('held');
    return release;
  });
  end.resolve();
  await running;
  const release = await held;
  assert.equal(await removals.begin(() => assert.fail('a removal began')), null);
  const later = removals.run(async () => void events.push('second removal'));
  const again = await removals.hold();
  release();
  release();
  assert.equal(await removals.begin(() => assert.fail('a removal began')), null);
  assert.deepEqual(events, ['first removal', 'held']);
  again();
  await later;
  assert.equal(await removals.begin(async () => 'begun'), 'begun');
  assert.deepEqual(events, ['first removal', 'held', 'second removal']);
});

test('a removal that waits ends with its signal', async () => {
  const removals = new Removals();
  await removals.hold();
  const call = new AbortController();
  const waiting = removals.run(() => assert.fail('a removal began'), call.signal);
  call.abort(new Error('stopped'));
  await assert.rejects(waiting, { name: 'AbortError' });
});
