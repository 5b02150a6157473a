import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { BackupRounds } from '../../faults/backup/rounds.ts';
import { History } from '../../faults/moment/history.ts';

/** The long form: `npm run faults -- backup`. */
const seed = Number(process.env.SEED ?? randomInt(2 ** 31));

test('killed at any step of a backup or a restore, what is there is whole or refused, and the next attempt succeeds', async (t) => {
  t.diagnostic(`SEED=${seed}`);
  const random = new History(seed, 1);
  using rounds = new BackupRounds();
  await rounds.prepare();
  for (const what of ['backup', 'restore'] as const) {
    const number = rounds.pick(what, (below) => random.random(below));
    const { step, wrong } = await rounds.round(what, number);
    t.diagnostic(`${what}, step ${number}: ${step}`);
    assert.deepEqual(wrong, []);
  }
});
