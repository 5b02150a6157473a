import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Engine } from '../../src/store/engine/engine.ts';
import { Store } from '../../src/store/store.ts';
import { activity } from './activities.ts';
import { everything, job, rowsOf } from './fixtures.ts';

const root = mkdtempSync(join(tmpdir(), 'trailport-'));
after(() => rmSync(root, { recursive: true }));

const raw = (text: string) => JSON.stringify({ text });
const march = Date.UTC(2026, 2, 1);
const first = [activity(1, { raw: raw('a') }), activity(2, { raw: raw('b') }), activity(3, { raw: raw('c') })];
/** One richer, one richer and moved to another month, one new. */
const second = [
  activity(1, { raw: raw('richer') }),
  activity(2, { raw: raw('moved'), timeMs: march }),
  activity(4, { raw: raw('d') }),
];
const before = [raw('a'), raw('b'), raw('c')];
const afterwards = [raw('richer'), raw('c'), raw('d'), raw('moved')];

async function rawsOf(store: Store): Promise<string[]> {
  using snapshot = await store.snapshot(everything);
  const rows = (await rowsOf(snapshot, ['raw'])).flat();
  assert.equal(snapshot.rows, rows.length);
  return rows;
}

/** Does the work with an engine that fails, before or after the statement of this number is run. */
async function failing(statement: number, when: 'before' | 'after', work: () => Promise<unknown>): Promise<boolean> {
  const { run } = Engine.prototype;
  let left = statement;
  Engine.prototype.run = async function (...args) {
    const fails = left-- === 0;
    if (!fails || when === 'after') await run.apply(this, args);
    if (fails) throw new Error('injected');
  };
  try {
    await work();
    return false;
  } catch (error) {
    assert.equal((error as Error).message, 'injected');
    return true;
  } finally {
    Engine.prototype.run = run;
  }
}

/** One cut for each statement; FAULTS=all cuts before and after each, with and without a restart, without clean-up too. */
const all = process.env.FAULTS === 'all';

test('a write that is cut off at any statement shows its rows wholly or not at all, and can be done again', async () => {
  for (const removeAfter of all ? [1000, 1] : [1]) {
    let cuts = 0;
    while (await isCut(cuts, removeAfter)) cuts++;
    assert.equal(cuts, removeAfter === 1 ? 14 : 12);
  }
});

async function isCut(statement: number, removeAfter: number): Promise<boolean> {
  const ways = all
    ? (['before', 'after'] as const).flatMap((when) => [true, false].map((restarts) => ({ when, restarts })))
    : [{ when: statement % 2 === 0 ? 'before' : 'after', restarts: statement % 4 < 2 } as const];
  let wasCut = false;
  for (const way of ways) wasCut = await cutOff(statement, way, removeAfter);
  return wasCut;
}

/** Whether the write had that many statements. */
async function cutOff(
  statement: number,
  { when, restarts }: { readonly when: 'before' | 'after'; readonly restarts: boolean },
  removeAfter: number,
): Promise<boolean> {
  const directory = mkdtempSync(join(root, 'store-'));
  const store = await Store.open(directory, { removeAfter });
  await store.add(everything.tenant, job(1), first);
  // Nothing is cleaned up while this snapshot is open, so it is closed where the statements of the clean-up come.
  const early = await store.snapshot(everything);
  if (statement > 9) early[Symbol.dispose]();
  const wasCut = await failing(statement, when, () => store.add(everything.tenant, job(2), second));
  assertWhole(await rawsOf(store));
  if (statement <= 9) assert.deepEqual((await rowsOf(early, ['raw'])).flat(), before);
  early[Symbol.dispose]();
  let going = store;
  if (restarts) {
    await store[Symbol.asyncDispose]();
    going = await Store.open(directory, { removeAfter });
    assertWhole(await rawsOf(going));
  }
  await going.add(everything.tenant, job(2), second);
  assert.deepEqual(await rawsOf(going), afterwards);
  assert.equal(await going.countBroughtBy(everything.tenant, job(1)), 3);
  assert.equal(await going.countBroughtBy(everything.tenant, job(2)), 1);
  await going[Symbol.asyncDispose]();
  // What the writes say and what is there are compared on opening.
  await (await Store.open(directory))[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
  return wasCut;
}

function assertWhole(shown: readonly string[]): void {
  assert.deepEqual(shown, shown.length === before.length ? before : afterwards);
}
