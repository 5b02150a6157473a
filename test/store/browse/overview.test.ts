import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TenantId } from '../../../src/domain/ids.ts';
import { gapsBetween } from '../../../src/store/browse/overview.ts';
import { activity } from '../activities.ts';
import { job } from '../fixtures.ts';
import { storeForFile } from '../store-for-file.ts';

const { store } = await storeForFile();

const overviewOf = (tenant: string) => store.overview(tenant as TenantId, 60_000, new AbortController().signal);

test('the overview of a tenant has what its own records say, for each source', async () => {
  const times = [
    '2026-11-01T08:00:00.123Z',
    '2026-11-01T09:00:00Z',
    '2026-11-03T10:00:00Z',
    '2026-11-07T23:59:59.999Z',
  ];
  const records = times.map((time, i) => activity(i, { timeMs: Date.parse(time), raw: `"${'x'.repeat(i)}é"` }));
  const google = activity(9, { source: 'google', timeMs: Date.UTC(1950, 0, 1), raw: '{}' });
  await store.add('contoso' as TenantId, job(1), [...records, google]);
  await store.add('fabrikam' as TenantId, job(2), [activity(20)]);
  // A richer version of the same record takes its place.
  await store.add('contoso' as TenantId, job(3), [{ ...records[0]!, raw: `"${'x'.repeat(100)}"` }]);
  const { sources } = await overviewOf('contoso');
  assert.deepEqual(
    sources.map(({ arrivedMs, ...source }) => source),
    [
      {
        source: 'microsoft365',
        rows: 4,
        bytes: 102 + 5 + 6 + 7,
        firstMs: Date.parse(times[0]!),
        lastMs: Date.parse(times[3]!),
        missingDays: 4,
        gaps: [
          { first: '2026-11-02', last: '2026-11-02' },
          { first: '2026-11-04', last: '2026-11-06' },
        ],
      },
      {
        source: 'google',
        rows: 1,
        bytes: 2,
        firstMs: Date.UTC(1950, 0, 1),
        lastMs: Date.UTC(1950, 0, 1),
        missingDays: 0,
        gaps: [],
      },
    ],
  );
  assert.deepEqual(await overviewOf('nobody'), { sources: [] });
});

test('of very many gaps the latest are listed and all are counted', () => {
  const days = Array.from({ length: 1001 }, (_, i) => i * 3 - 1500);
  const { missingDays, gaps } = gapsBetween(days);
  assert.equal(missingDays, 2000);
  assert.equal(gaps.length, 100);
  assert.deepEqual(gaps.at(-1), { first: '1974-02-07', last: '1974-02-08' });
  assert.deepEqual(gapsBetween([]), { missingDays: 0, gaps: [] });
});
