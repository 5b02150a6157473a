import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { Rounds } from '../../../faults/erase/rounds.ts';

/** The long form: `npm run faults -- erase`. FAULTS=all takes every step. */
const seed = Number(process.env.SEED ?? randomInt(2 ** 31));

test('killed at any step of an erasure, the next start goes on: nothing erased comes back, nothing else is missing', async (t) => {
  t.diagnostic(`SEED=${seed}`);
  using rounds = await Rounds.make(seed);
  const stride = process.env.FAULTS === 'all' ? 1 : 18;
  let isKilled = true;
  for (let step = seed % stride; isKilled; step += stride) {
    const round = await rounds.killAt(step, step % 2 === 0 ? null : step);
    t.diagnostic(`before step ${step}: ${round.step ?? 'not killed'}`);
    assert.deepEqual(round.wrong, [], `SEED=${seed}, step ${step}`);
    isKilled = round.step !== null;
    if (!isKilled) assert.ok(step >= 14, `${step} steps`);
  }
});
