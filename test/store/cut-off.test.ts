import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Store } from '../../src/store/store.ts';
import { activity } from './activities.ts';
import { everything, job, rowsOf } from './fixtures.ts';
import { followSteps } from './steps.ts';

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

/** Does the work in a store that fails before or after the step of this number; whether it came to that step. */
async function failing(step: number, when: 'before' | 'after', work: () => Promise<unknown>): Promise<boolean> {
  let left = step;
  const stop = followSteps(async (done) => {
    const fails = left-- === 0;
    if (!fails) return done();
    if (when === 'after') await done();
    throw new Error('injected');
  });
  try {
    await work();
    return false;
  } catch (error) {
    assert.equal((error as Error).message, 'injected');
    return true;
  } finally {
    stop();
  }
}

/**
 * Some of the steps, other ones each time. FAULTS=all cuts before and after each, with and without a restart, without
 * clean-up too.
 */
const all = process.env.FAULTS === 'all';
const stride = all ? 1 : 3;
/** The commit; then comes the clean-up. */
const lastOfWrite = 9;

test('a write that is cut off at any step shows its rows wholly or not at all, and can be done again', async (t) => {
  for (const removeAfter of all ? [1000, 1] : [1]) {
    let step = randomInt(stride);
    t.diagnostic(`from step ${step}, every ${stride}`);
    while (await isCut(step, removeAfter)) step += stride;
    const steps = await stepsOf(removeAfter);
    assert.ok(step >= steps && step < steps + stride, `step ${step} of ${steps}`);
  }
});

/** How many steps the write has when nothing cuts it off. */
async function stepsOf(removeAfter: number): Promise<number> {
  await using store = await Store.open(mkdtempSync(join(root, 'store-')), { removeAfter });
  await store.add(everything.tenant, job(1), first);
  let steps = 0;
  const stop = followSteps((work) => {
    steps++;
    return work();
  });
  await store.add(everything.tenant, job(2), second);
  stop();
  assert.ok(steps > lastOfWrite);
  return steps;
}

async function isCut(step: number, removeAfter: number): Promise<boolean> {
  const ways = all
    ? (['before', 'after'] as const).flatMap((when) => [true, false].map((restarts) => ({ when, restarts })))
    : [{ when: step % 2 === 0 ? 'before' : 'after', restarts: step % 4 < 2 } as const];
  let wasCut = false;
  for (const way of ways) wasCut = await cutOff(step, way, removeAfter);
  return wasCut;
}

/** Whether the write had that many steps. */
async function cutOff(
  step: number,
  { when, restarts }: { readonly when: 'before' | 'after'; readonly restarts: boolean },
  removeAfter: number,
): Promise<boolean> {
  const directory = mkdtempSync(join(root, 'store-'));
  const store = await Store.open(directory, { removeAfter });
  await store.add(everything.tenant, job(1), first);
  // Nothing is cleaned up while this snapshot is open, so it is closed where the steps of the clean-up come.
  const early = await store.snapshot(everything);
  if (step > lastOfWrite) early[Symbol.dispose]();
  const wasCut = await failing(step, when, () => store.add(everything.tenant, job(2), second));
  assertWhole(await rawsOf(store));
  if (step <= lastOfWrite) assert.deepEqual((await rowsOf(early, ['raw'])).flat(), before);
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
  await going.prove(everything.tenant);
  await going[Symbol.asyncDispose]();
  // What the writes say and what is there are compared on opening.
  await (await Store.open(directory))[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
  return wasCut;
}

function assertWhole(shown: readonly string[]): void {
  assert.deepEqual(shown, shown.length === before.length ? before : afterwards);
}
