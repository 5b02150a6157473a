import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Activity } from '../../../src/domain/activity.ts';
import type { TenantId } from '../../../src/domain/ids.ts';
import type { SummaryKey } from '../../../src/domain/summary.ts';
import { activity } from '../activities.ts';
import { everything, job } from '../fixtures.ts';
import { storeForFile } from '../store-for-file.ts';

const { store } = await storeForFile();

const never = new AbortController().signal;
const waitMs = 60_000;
const site = 'https://contoso.sharepoint.example/sites';

const all: readonly Activity[] = Array.from({ length: 300 }, (_, i) =>
  activity(i * 5000, {
    user: `User${Math.floor(Math.sqrt(i))}@contoso.example`,
    activity: ['FileAccessed', 'FileDeleted', 'Send'][(i * i) % 3]!,
    service: i % 7 === 0 ? '' : 'SharePoint',
    object: `${site}/team${i % 11}/a b.docx`,
    clientIp: `203.0.113.${i % 4}`,
  }),
);

/** The most frequent first, equal counts by key; times the oldest first, of the latest. */
function naive(rows: readonly Activity[], keyOf: (row: Activity) => string, top: number, isTime: boolean) {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(keyOf(row), (counts.get(keyOf(row)) ?? 0) + 1);
  const sorted = [...counts].map(([key, count]) => ({ key, count }));
  const byKey = (a: { key: string }, b: { key: string }) => (a.key < b.key ? -1 : 1);
  sorted.sort((a, b) => (isTime ? byKey(b, a) : b.count - a.count || byKey(a, b)));
  const listed = sorted.slice(0, top);
  const others = rows.length - listed.reduce((sum, { count }) => sum + count, 0);
  return { rows: isTime ? listed.reverse() : listed, others, total: rows.length };
}

const keys: Readonly<Record<SummaryKey, (row: Activity) => string>> = {
  day: ({ timeMs }) => new Date(timeMs).toISOString().slice(0, 10),
  hour: ({ timeMs }) => `${new Date(timeMs).toISOString().slice(0, 13)}:00Z`,
  user: ({ user }) => user,
  activity: (row) => row.activity,
  service: ({ service }) => service,
  object: ({ object }) => object,
  clientIp: ({ clientIp }) => clientIp,
};

for (const [by, keyOf] of Object.entries(keys) as [SummaryKey, (row: Activity) => string][]) {
  test(`a summary by ${by} counts the rows of any selection, those that are not listed too`, async () => {
    const tenant = `summary-${by}` as TenantId;
    await store.add(tenant, job(1), all);
    const from = all[40]!.timeMs + 1;
    const until = all[250]!.timeMs;
    for (const [over, isMeant] of [
      [{}, () => true],
      [{ user: 'USER12@contoso.example' }, ({ user }: Activity) => user.startsWith('User12@')],
      [{ object: `${site}/team3` }, ({ object }: Activity) => object.includes('/team3/')],
      [{ period: { fromMs: from, untilMs: until } }, ({ timeMs }: Activity) => timeMs >= from && timeMs < until],
      [{ user: 'nobody@contoso.example' }, () => false],
    ] as const) {
      const meant = all.filter(isMeant);
      for (const top of [3, 1000]) {
        const summary = await store.summary(
          { ...everything, ...over, tenant },
          { by, top, timeZone: null },
          waitMs,
          never,
        );
        assert.deepEqual(summary, naive(meant, keyOf, top, by === 'day' || by === 'hour'));
      }
    }
  });
}

test('users and objects that differ in letter case only are one, under the newest spelling', async () => {
  const tenant = 'spelling' as TenantId;
  await store.add(tenant, job(1), [
    activity(1, { user: 'MEGAN@contoso.example', object: `${site}/Team/a%20b.docx` }),
    activity(3, { user: 'Megan@contoso.example', object: `${site}/team/A b.docx/` }),
    activity(2, { user: 'megan@contoso.example', object: `${site}/team/c.docx` }),
  ]);
  const summaryBy = (by: SummaryKey) =>
    store.summary({ ...everything, tenant }, { by, top: 10, timeZone: null }, waitMs, never);
  assert.deepEqual((await summaryBy('user')).rows, [{ key: 'Megan@contoso.example', count: 3 }]);
  assert.deepEqual((await summaryBy('object')).rows, [
    { key: `${site}/team/A b.docx/`, count: 2 },
    { key: `${site}/team/c.docx`, count: 1 },
  ]);
});

test('days and hours are those of the zone, and the hour that daylight saving repeats stays two', async () => {
  const tenant = 'zones' as TenantId;
  const times = ['2026-10-24T21:59:59Z', '2026-10-24T22:00:00Z', '2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z'];
  await store.add(
    tenant,
    job(1),
    times.map((time, i) => activity(i, { timeMs: Date.parse(time) })),
  );
  const summaryBy = async (by: SummaryKey, timeZone: string) =>
    (await store.summary({ ...everything, tenant }, { by, top: 10, timeZone }, waitMs, never)).rows;
  assert.deepEqual(await summaryBy('day', 'Europe/Paris'), [
    { key: '2026-10-24', count: 1 },
    { key: '2026-10-25', count: 3 },
  ]);
  assert.deepEqual(await summaryBy('hour', 'Europe/Paris'), [
    { key: '2026-10-24T23:00+02:00', count: 1 },
    { key: '2026-10-25T00:00+02:00', count: 1 },
    { key: '2026-10-25T02:00+01:00', count: 1 },
    { key: '2026-10-25T02:00+02:00', count: 1 },
  ]);
  assert.equal((await summaryBy('hour', 'Asia/Kolkata'))[0]?.key, '2026-10-25T03:00+05:30');
});
