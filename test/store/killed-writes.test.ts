import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { Rounds } from '../../faults/write/rounds.ts';
import { Random } from '../story/filters/random.ts';

/** The long form: `npm run faults -- write`. */
const seed = Number(process.env.SEED ?? randomInt(2 ** 31));

const changing = /^insert (?!intake|chosen)|^delete|^ledger (begin|commit|beginRemoval|endRemoval)$/;

test('killed at any step of a write, a store has what was acknowledged, once, and its tables and its ledger agree', async (t) => {
  t.diagnostic(`SEED=${seed}`);
  const random = new Random(seed);
  const rounds = new Rounds(seed);
  t.after(() => rounds.remove());
  await rounds.round(4, null);
  const steps = [...rounds.steps].filter((step) => changing.test(step)).sort();
  assert.ok(steps.length >= 8, `${steps}`);
  // Some of the steps, others each time.
  for (const [i, step] of random.some(steps, 2).entries()) {
    await rounds.round(1, { step, when: i % 2 === 0 ? 'after' : 'before', skip: i % 3 });
  }
  assert.deepEqual(rounds.findings, []);
});
