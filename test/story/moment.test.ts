import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { History } from '../../faults/moment/history.ts';
import { raceProgram, wrongIn } from '../../faults/moment/races.ts';
import { raceStore } from '../../faults/moment/store-race.ts';
import { Store } from '../../src/store/store.ts';
import { Program } from './program.ts';

/** The long form: `npm run faults -- moment`. */
const seed = Number(process.env.SEED ?? randomInt(2 ** 31));

test('what is read of a snapshot is what the store held at one moment, whatever is written and removed meanwhile', async (t) => {
  t.diagnostic(`SEED=${seed}`);
  const directory = mkdtempSync(join(tmpdir(), 'trailport-'));
  const history = new History(seed, 1500);
  try {
    await using store = await Store.open(directory, { removeAfter: 500 });
    const readings = await raceStore(store, history, () => history.states.length <= 12);
    assert.ok(readings.length >= 6, `${readings.length} readings`);
    assert.deepEqual(wrongIn(readings, history), []);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test('a report made during imports holds what the store held at one moment', async (t) => {
  t.diagnostic(`SEED=${seed}`);
  const history = new History(seed, 3000);
  const program = await Program.start();
  try {
    const readings = await raceProgram(program, history, () => history.states.length <= 6);
    assert.ok(readings.length >= 3, `${readings.length} readings`);
    assert.deepEqual(wrongIn(readings, history), []);
  } finally {
    await program.remove();
  }
});
