import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { TenantId } from '../../src/domain/ids.ts';
import { Store } from '../../src/store/store.ts';
import { activity } from './activities.ts';
import { everything, job, rowsOf } from './fixtures.ts';
import { killAtSteps } from './killed.ts';
import { makeSchema2, type Row2, versionOf, type Write2 } from './schema-2.ts';

const root = mkdtempSync(join(tmpdir(), 'trailport-'));
after(() => rmSync(root, { recursive: true }));

const { tenant } = everything;
const other = 'fabrikam' as TenantId;
const march = Date.UTC(2026, 2, 1);
const row = (number: number, raw: string, importId: number, over = {}, of: TenantId = tenant): Row2 => ({
  tenant: of,
  activity: activity(number, { raw, ...over }),
  rank: raw.length,
  importId,
});

/** Two tenants; richer versions, one in another month; of the write that replaced them, one that was cut off. */
const writes: readonly Write2[] = [
  { rows: [row(1, 'a', 1), row(2, 'b', 1), row(3, 'c', 1, { user: 'kim@contoso.example' })], replaced: [] },
  { rows: [row(1, 'x', 1, {}, other), row(9, 'y', 1, { timeMs: march }, other)], replaced: [] },
  {
    rows: [row(2, 'richer', 1, { timeMs: march }), row(4, 'd', 2, { timeMs: march + 1 })],
    replaced: [versionOf(1, 1)],
  },
  { rows: [row(1, 'cut off', 2)], replaced: [versionOf(1, 0)] },
];
const expected = ['a', 'c', 'richer', 'd'];

async function rawsOf(store: Store, of: TenantId = tenant): Promise<string[]> {
  using snapshot = await store.snapshot({ ...everything, tenant: of });
  const rows = (await rowsOf(snapshot, ['raw'])).flat();
  assert.equal(snapshot.rows, rows.length);
  return rows;
}

async function assertMoved(directory: string): Promise<void> {
  await using store = await Store.open(directory);
  assert.deepEqual(await rawsOf(store), expected);
  assert.deepEqual(await rawsOf(store, other), ['x', 'y']);
  using kim = await store.snapshot({ ...everything, user: 'KIM@contoso.example' });
  assert.equal(kim.rows, 1);
  assert.deepEqual([await store.countBroughtBy(tenant, job(1)), await store.countBroughtBy(tenant, job(2))], [3, 1]);
  assert.equal(await store.countBroughtBy(other, job(1)), 2);
  for (const each of [tenant, other]) await store.prove(each);
  // A moved store takes writes: the write that was cut off adds what it has, an equal version adds nothing.
  await store.add(tenant, job(2), [activity(1, { raw: 'a' }), activity(1, { raw: 'no longer cut off' })]);
  await store.add(other, job(2), [activity(5, { raw: 'z' })]);
  assert.deepEqual(await rawsOf(store), ['no longer cut off', ...expected.slice(1)]);
  assert.deepEqual(await rawsOf(store, other), ['x', 'z', 'y']);
  assert.equal(await store.countBroughtBy(tenant, job(2)), 1);
  for (const each of [tenant, other]) await store.prove(each);
}

test('a store of the second schema moves over by itself, with the same rows, says how far it is, and only once', async () => {
  const directory = join(root, 'whole');
  await makeSchema2(directory, writes, true);
  const progress: [string, number, number][] = [];
  const open = () => Store.open(directory, { progress: (...step) => progress.push(step) });
  await (await open())[Symbol.asyncDispose]();
  assert.deepEqual(progress, [
    ['applying rules', 0, 6],
    ['applying rules', 6, 6],
    ['copying', 0, 6],
    ['copying', 3, 6],
    ['copying', 6, 6],
  ]);
  progress.length = 0;
  await (await open())[Symbol.asyncDispose]();
  assert.deepEqual(progress, []);
  assert.equal(readFileSync(join(directory, 'made.json'), 'utf8'), '{"schema":3}\n');
  await assertMoved(directory);
});

test('killed at any step of the move from the second schema, the next start finishes it', async (t) => {
  const source = join(root, 'source');
  await makeSchema2(source, writes, true);
  await killAtSteps(t, source, assertMoved);
});
