import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Activity } from '../../src/domain/activity.ts';
import type { TenantId } from '../../src/domain/ids.ts';
import { activity } from './activities.ts';
import { everything, job } from './fixtures.ts';
import { storeForFile } from './store-for-file.ts';

const { store } = await storeForFile();

/** Counts by one key, the greatest count or the latest day first. */
function naive(activities: readonly Activity[], by: 'activity' | 'day', most: number) {
  const counts = new Map<string, number>();
  for (const { activity: name, timeMs } of activities) {
    const key = by === 'activity' ? name : new Date(timeMs).toISOString().slice(0, 10);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const all = [...counts].map(([key, count]) => ({ key, count }));
  const smaller = (a: string, b: string) => (a < b ? -1 : 1);
  all.sort((a, b) => (by === 'day' ? smaller(b.key, a.key) : b.count - a.count || smaller(a.key, b.key)));
  const rows = all.slice(0, most);
  const others = activities.length - rows.reduce((sum, { count }) => sum + count, 0);
  return { rows: by === 'day' ? rows.reverse() : rows, others };
}

for (const [kind, names, days] of [
  ['few', 7, 40],
  ['very many', 150, 140],
] as const) {
  test(`facts and counts of ${kind} activities and days, from 1900 on, are those of the rows`, async () => {
    const tenant = kind.replace(' ', '-') as TenantId;
    const spread = Math.floor((200 * 365) / days) * 86_400_000;
    const start = Date.UTC(1900, 0, 1, 12);
    // Every pair of a name and a day, and some pairs twice, so that counts differ.
    const pairs = Array.from({ length: names * days }, (_, i) => [i % names, Math.floor(i / names)] as const);
    const all = [...pairs, ...pairs.filter(([name, day]) => (name * day) % 11 === 3)].map(([name, day], i) => ({
      ...activity(i),
      activity: `Name${name}`,
      timeMs: start + day * spread + (i === 5 ? 7 : 0),
    }));
    await store.add(tenant, job(1), all);
    using snapshot = await store.snapshot({ ...everything, tenant });
    const times = all.map(({ timeMs }) => timeMs);
    assert.deepEqual(
      { rows: snapshot.rows, firstMs: snapshot.firstMs, lastMs: snapshot.lastMs, milliseconds: snapshot.milliseconds },
      {
        rows: all.length,
        firstMs: Math.min(...times),
        lastMs: Math.max(...times),
        milliseconds: true,
      },
    );
    assert.equal(snapshot.newestMs, Math.max(...times));
    for (const most of [5, 1000]) {
      assert.deepEqual(await snapshot.countsBy('activity', most), naive(all, 'activity', most));
      assert.deepEqual(await snapshot.countsBy('day', most), naive(all, 'day', most));
    }
  });
}

test('the newest activity follows every write, and an older snapshot keeps its own', async () => {
  const tenant = 'newest' as TenantId;
  await store.add(tenant, job(1), [activity(1)]);
  using before = await store.snapshot({ ...everything, tenant });
  await store.add(tenant, job(1), [activity(2)]);
  using later = await store.snapshot({ ...everything, tenant });
  assert.equal(before.newestMs, activity(1).timeMs);
  assert.equal(later.newestMs, activity(2).timeMs);
  using other = await store.snapshot({ ...everything, tenant: 'none' as TenantId });
  assert.equal(other.newestMs, null);
});

test('names are known from the write on that brings them, and a misspelt one stays unknown', async () => {
  const tenant = 'names' as TenantId;
  const eventTypes = ['FileAccessed', 'send', 'Misspelt'];
  const unknownNow = async () => {
    using snapshot = await store.snapshot({ ...everything, tenant, eventTypes });
    return snapshot.unknown.eventTypes;
  };
  await store.add(tenant, job(1), [activity(1)]);
  assert.deepEqual(await unknownNow(), ['send', 'Misspelt']);
  await store.add(tenant, job(1), [activity(2, { activity: 'Send' })]);
  for (let again = 0; again < 2; again++) assert.deepEqual(await unknownNow(), ['Misspelt']);
});
