import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ChdbEngine } from '../../src/store/engine/chdb/chdb.ts';
import { SqliteLedger } from '../../src/store/ledger/sqlite/ledger.ts';
import { Store } from '../../src/store/store.ts';
import { activity } from './activities.ts';
import { everything, job, rowsOf } from './fixtures.ts';
import { killAtSteps } from './killed.ts';
import { makeSchema1, type OldRow } from './schema-1.ts';

const root = mkdtempSync(join(tmpdir(), 'trailport-'));
after(() => rmSync(root, { recursive: true }));

const object = 'C:\\Users\\Ana\\notes.txt';
const old = (number: number, rank: number, importId: number, over = {}): OldRow => {
  const raw = JSON.stringify({ number, rank });
  return { activity: activity(number, { object, item: '＝1', raw, ...over }), rank, importId };
};
const nextMonth = Date.UTC(2026, 1, 1);

/** 40 activities over two months; of some, older and poorer versions that the engine never merged; one with two times. */
const writes: readonly (readonly OldRow[])[] = [
  Array.from({ length: 40 }, (_, i) => old(i, 1, 1, i < 20 ? {} : { timeMs: nextMonth + i })),
  Array.from({ length: 10 }, (_, i) => old(i, 2, 1)),
  [old(30, 3, 1, { timeMs: nextMonth + 500 }), old(31, 0, 1, { timeMs: nextMonth + 600 })],
];

/** What the store of these writes holds: of each identity the version of the greatest rank. */
function expected(): string[][] {
  const best = new Map<string, OldRow>();
  for (const row of writes.flat()) {
    const known = best.get(row.activity.activityId);
    if (known === undefined || row.rank > known.rank) best.set(row.activity.activityId, row);
  }
  const rows = [...best.values()].sort((a, b) => a.activity.timeMs - b.activity.timeMs);
  return rows.map(({ activity }) => [activity.activityId, new Date(activity.timeMs).toISOString(), activity.raw]);
}

async function assertMoved(directory: string): Promise<void> {
  const progress: number[] = [];
  await using store = await Store.open(directory, { progress: (_, done) => progress.push(done) });
  using all = await store.snapshot(everything);
  assert.equal(all.rows, 40);
  assert.deepEqual(await rowsOf(all, ['activityId', 'time', 'raw']), expected());
  // The rules of today reach rows that were stored under older ones.
  assert.notEqual(all.care, 0);
  using below = await store.snapshot({ ...everything, object: 'c:/users/ana' });
  assert.equal(below.rows, 40);
  assert.equal(await store.countBroughtBy(everything.tenant, job(1)), 40);
  // A moved store takes writes: a richer version replaces, an equal version adds nothing.
  await store.add(everything.tenant, job(2), [
    activity(0, { raw: JSON.stringify({ n: 'x'.repeat(99) }) }),
    old(5, 2, 2).activity,
  ]);
  await store.prove(everything.tenant);
  using after = await store.snapshot(everything);
  assert.equal(after.rows, 40);
  assert.equal(await store.countBroughtBy(everything.tenant, job(2)), 0);
}

test('a store of the first schema moves over by itself, with the same rows, and only once', async () => {
  const directory = join(root, 'whole');
  await makeSchema1(directory, everything.tenant, writes);
  const progress: [string, number, number][] = [];
  await using moved = await Store.open(directory, { progress: (...step) => progress.push(step) });
  await moved[Symbol.asyncDispose]();
  assert.deepEqual(progress, [
    ['moving', 0, 40],
    ['moving', 20, 40],
    ['moving', 40, 40],
    ['copying', 0, 40],
    ['copying', 20, 40],
    ['copying', 40, 40],
  ]);
  progress.length = 0;
  await assertMoved(directory);
  assert.equal(readFileSync(join(directory, 'made.json'), 'utf8'), '{"schema":3}\n');
});

test('killed at any step of the move, the next start finishes it', async (t) => {
  const source = join(root, 'source');
  await makeSchema1(source, everything.tenant, writes);
  await killAtSteps(t, source, assertMoved);
});

test('rows stored under other rules are computed anew when the store is opened', async () => {
  const directory = join(root, 'rules');
  {
    await using store = await Store.open(directory);
    await store.add(everything.tenant, job(1), [activity(1, { object, item: '＝1' })]);
  }
  {
    await using engine = new ChdbEngine(join(directory, 'engine'));
    await engine.run(
      "ALTER TABLE trailport.activity UPDATE user_key = '', object_key = '', care = 0, rules = 0 WHERE 1 SETTINGS mutations_sync = 2",
    );
    await using ledger = new SqliteLedger(join(directory, 'ledger.db'), 1000);
    await ledger.setRules(0);
  }
  const progress: unknown[] = [];
  await using store = await Store.open(directory, { progress: (...step) => progress.push(step) });
  assert.deepEqual(progress, [
    ['applying rules', 0, 1],
    ['applying rules', 1, 1],
    ['copying', 0, 1],
    ['copying', 1, 1],
  ]);
  using found = await store.snapshot({ ...everything, user: 'MEGAN@contoso.example', object: 'c:\\users' });
  assert.deepEqual([found.rows, found.care !== 0], [1, true]);
  await store.prove(everything.tenant);
});

test('a store of a later version is refused', async () => {
  const directory = join(root, 'later');
  await (await Store.open(directory))[Symbol.asyncDispose]();
  writeFileSync(join(directory, 'made.json'), '{"schema":4}\n');
  await assert.rejects(Store.open(directory), { code: 'cannot_start' });
});
