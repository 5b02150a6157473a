import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Activity } from '../../src/domain/activity.ts';
import type { TenantId } from '../../src/domain/ids.ts';
import { encodedActivities } from '../../src/store/block/block.ts';
import { activity } from './activities.ts';
import { everything, job, rowsOf } from './fixtures.ts';
import { followSteps } from './steps.ts';
import { storeForFile } from './store-for-file.ts';

const { store, someTenant } = await storeForFile();
const raw = (text: string | number) => JSON.stringify({ text });
const numbered = (from: number, until: number) =>
  Array.from({ length: until - from }, (_, i) => activity(from + i, { raw: raw(from + i) }));

async function added(tenant: TenantId, blocks: readonly (readonly Activity[])[]): Promise<void> {
  await using adding = store.beginAdding(tenant, job(1));
  for (const block of blocks) await adding.add(encodedActivities(block), block.length);
  await adding.end();
}

async function rawsOf(tenant: TenantId): Promise<string[]> {
  using snapshot = await store.snapshot({ ...everything, tenant });
  return (await rowsOf(snapshot, ['raw'])).flat().sort();
}

/** How many writes the work commits. */
async function commitsOf(work: () => Promise<void>): Promise<number> {
  let commits = 0;
  const stop = followSteps((done, name) => {
    if (name === 'commit') commits++;
    return done();
  });
  await work().finally(stop);
  return commits;
}

test('several blocks of an import are one write, and of equal identities among them the richest stands', async () => {
  const tenant = someTenant();
  const richer = [activity(2, { raw: raw('richer') }), activity(11, { raw: raw('richer as well') })];
  const blocks = [numbered(0, 10), [...numbered(8, 20), ...richer], numbered(15, 25)];
  assert.equal(await commitsOf(() => added(tenant, blocks)), 1);
  const expected = numbered(0, 25)
    .filter((_, i) => i !== 2 && i !== 11)
    .concat(richer);
  assert.deepEqual(await rawsOf(tenant), expected.map((one) => one.raw).sort());
  assert.equal(await store.countBroughtBy(tenant, job(1)), 25);
});

test('more than a write holds becomes several writes, each activity once', async () => {
  const tenant = someTenant();
  const block = 65_000;
  const blocks = [0, 1, 2, 3, 4].map((i) => numbered(i * block, (i + 1) * block));
  const again = numbered(block - 10, block + 10);
  assert.equal(await commitsOf(() => added(tenant, [...blocks, again])), 2);
  using snapshot = await store.snapshot({ ...everything, tenant });
  assert.equal(snapshot.rows, 5 * block);
  assert.equal(await store.countBroughtBy(tenant, job(1)), 5 * block);
});

test('blocks that are taken in and not ended leave nothing, and the next import starts with nothing', async () => {
  const tenant = someTenant();
  const begun = async () => {
    await using adding = store.beginAdding(tenant, job(1));
    const block = numbered(0, 10);
    await adding.add(encodedActivities(block), block.length);
  };
  assert.equal(await commitsOf(begun), 0);
  assert.equal(await commitsOf(() => added(tenant, [numbered(20, 30)])), 1);
  assert.deepEqual(
    await rawsOf(tenant),
    numbered(20, 30).map((one) => one.raw),
  );
});

test('a write that fails while the next blocks are taken in fails the import', async () => {
  const tenant = someTenant();
  const stop = followSteps((done, name) => {
    if (name === 'commit') throw new Error('injected');
    return done();
  });
  try {
    const blocks = [0, 1, 2, 3].map((i) => numbered(i * 65_000, (i + 1) * 65_000));
    await assert.rejects(added(tenant, [...blocks, numbered(0, 10)]), /injected/);
  } finally {
    stop();
  }
  assert.deepEqual(await rawsOf(tenant), []);
  await added(tenant, [numbered(0, 5)]);
  assert.equal((await rawsOf(tenant)).length, 5);
});

/** Adds the blocks to tenants of their own at once; `step` does the INSERT into `activity` of each. */
async function addedAtOnce(
  blocks: readonly (readonly Activity[])[],
  step: (insert: () => Promise<unknown>) => Promise<unknown>,
): Promise<void> {
  const stop = followSteps((done, name) => (name.startsWith('INSERT INTO trailport.activity') ? step(done) : done()));
  await Promise.all(blocks.map((block) => added(someTenant(), [block]))).finally(stop);
}

test('large writes of several tenants are done one after the other', async () => {
  const large = Array.from({ length: 70 }, (_, i) => activity(i, { raw: raw('x'.repeat(1_000_000)) }));
  let [running, most] = [0, 0];
  await addedAtOnce([large, large, large], (insert) => {
    most = Math.max(most, ++running);
    return insert().finally(() => running--);
  });
  assert.equal(most, 1);
});

test('small writes of two tenants do not wait for each other', { timeout: 60_000 }, async () => {
  const both = Promise.withResolvers<void>();
  let begun = 0;
  await addedAtOnce([numbered(0, 10), numbered(0, 10)], async (insert) => {
    if (++begun === 2) both.resolve();
    // Each goes on only when the other has begun as well.
    await both.promise;
    return insert();
  });
  assert.equal(begun, 2);
});
