import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { inconsistenciesOf } from '../../../faults/store/consistency.ts';
import { Store } from '../../../src/store/store.ts';
import { activity } from '../activities.ts';
import { everything, job, rowsOf } from '../fixtures.ts';

const root = mkdtempSync(join(tmpdir(), 'trailport-'));
after(() => rmSync(root, { recursive: true }));

const { tenant } = everything;
const raw = (length: number) => JSON.stringify({ text: 'x'.repeat(length) });
/** The versions of one activity: the poorer one names another user than the one that is erased. */
const poorer = activity(1, { user: 'ana@contoso.example', raw: raw(10) });
const erased = activity(1, { user: 'megan@contoso.example', raw: raw(20), timeMs: activity(1).timeMs + 7_200_000 });
const richer = activity(1, { user: 'ana@contoso.example', raw: raw(30), timeMs: activity(1).timeMs + 14_400_000 });

async function rawsOf(store: Store): Promise<string[]> {
  using snapshot = await store.snapshot(everything);
  const days = await snapshot.countsBy('day', 10);
  const rows = (await rowsOf(snapshot, ['raw'])).flat();
  assert.equal(
    days.rows.reduce((sum, { count }) => sum + count, 0),
    rows.length,
  );
  return rows;
}

test('a version that arrives beside an erased one of the same activity is stored, once, before and after the removal', async (t) => {
  for (const [name, arrives, allowForgotten] of [
    ['an earlier version of another user', poorer, false],
    ['a later version of another user', richer, false],
    ['the erased version, asked for', erased, true],
  ] as const) {
    for (const isRemoved of [false, true]) {
      await t.test(`${name}, ${isRemoved ? 'after' : 'before'} the removal`, async () => {
        const directory = mkdtempSync(join(root, 'store-'));
        {
          await using store = await Store.open(directory);
          await store.add(tenant, job(1), [poorer, activity(2)]);
          await store.add(tenant, job(2), [erased]);
          const { pending } = await store.erase(
            tenant,
            job(3),
            { what: 'user', user: 'Megan@contoso.example', before: null },
            Date.UTC(2027, 0, 1),
          );
          const remove = async () => {
            await store.removeErased(tenant, pending, 0, new AbortController().signal);
            await store.concludeErased(pending);
          };
          assert.deepEqual(await rawsOf(store), []);
          if (isRemoved) await remove();
          await store.add(tenant, job(4), [arrives], { allowForgotten });
          assert.deepEqual(await rawsOf(store), [arrives.raw]);
          if (!isRemoved) await remove();
          assert.deepEqual(await rawsOf(store), [arrives.raw]);
        }
        assert.deepEqual(await inconsistenciesOf(directory), []);
        await using again = await Store.open(directory);
        assert.deepEqual(await rawsOf(again), [arrives.raw]);
      });
    }
  }
});
