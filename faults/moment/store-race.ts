import { createHash } from 'node:crypto';
import { noFilters } from '../../src/domain/filters.ts';
import type { JobId, TenantId } from '../../src/domain/ids.ts';
import type { Snapshot, Store } from '../../src/store/store.ts';
import { activity } from '../../test/store/activities.ts';
import { type History, idOf, recordOf, timeOf, type Version } from './history.ts';
import { Progress, type Reading } from './races.ts';

const tenant = 'contoso' as TenantId;
const everything = {
  tenant,
  source: 'microsoft365',
  period: { fromMs: null, untilMs: null },
  ...noFilters,
} as const;

/**
 * Snapshots of the store, all the time while versions are added. Some are held open over later writes and read twice;
 * whatever is read of one snapshot must be of one state, and of the state when it was opened.
 */
export async function raceStore(store: Store, history: History, goOn: () => boolean): Promise<Reading[]> {
  const progress = new Progress();
  const readings: Reading[] = [];
  const write = async () => {
    try {
      while (goOn()) {
        const versions = history.next();
        progress.begin();
        await store.add(tenant, ((progress.begun % 5) + 1) as JobId, versions.map(activityOf));
        progress.end();
      }
    } finally {
      progress.endAll();
    }
  };
  const read = async () => {
    while (!progress.ended) {
      const from = progress.whole;
      using snapshot = await store.snapshot(everything);
      const to = progress.begun;
      const note = (what: string, rows: number, sha256: string) => {
        readings.push({ what: `${what} of a snapshot of ${snapshot.rows} rows`, found: { rows, sha256 }, from, to });
      };
      const first = await streamed(snapshot);
      note('a stream', first.rows, first.sha256);
      await progress.pass(history.random(4));
      const { rows, others } = await snapshot.countsBy('activity', 10);
      note(
        'a count',
        rows.reduce((sum, { count }) => sum + count, others),
        first.sha256,
      );
      const second = await streamed(snapshot);
      note('a second stream', second.rows, second.sha256);
      // The count that the snapshot began with belongs to the same state.
      note('the first count', snapshot.rows, second.sha256);
    }
  };
  await Promise.all([write(), read(), read(), read()]);
  return readings;
}

async function streamed(snapshot: Snapshot): Promise<{ rows: number; sha256: string }> {
  const hash = createHash('sha256');
  let rows = 0;
  for await (const { bytes } of snapshot.stream({ format: 'lines', only: null }, new AbortController().signal)) {
    hash.update(bytes);
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) rows++;
  }
  return { rows, sha256: hash.digest('hex') };
}

function activityOf(version: Version) {
  return activity(version.id, { activityId: idOf(version), timeMs: timeOf(version), raw: recordOf(version) });
}
