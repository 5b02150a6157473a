import { createHash } from 'node:crypto';
import { noFilters } from '../../src/domain/filters.ts';
import type { JobId, TenantId } from '../../src/domain/ids.ts';
import type { Selection } from '../../src/domain/selection.ts';
import type { Snapshot, Store } from '../../src/store/store.ts';
import { activity } from '../../test/store/activities.ts';
import {
  actOf,
  digestOfDays,
  digestOfIds,
  filtersOf,
  type History,
  idOf,
  pageRows,
  recordOf,
  type Scope,
  scopes,
  timeOf,
  type Version,
  type View,
} from './history.ts';
import { Progress, type Reading } from './races.ts';

const tenant = 'contoso' as TenantId;
const mostMs = 60_000;

function selectionOf(scope: Scope): Selection {
  const period = { fromMs: null, untilMs: null };
  return { tenant, source: 'microsoft365', period, ...noFilters, ...filtersOf(scope) };
}

/**
 * Reads of the store in every way, all the time while versions are added: snapshots, some of them held open over later
 * writes and read twice; counts, pages and summaries.
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
  let turn = 0;
  const read = async () => {
    while (!progress.ended) {
      const scope = scopes[turn++ % scopes.length]!;
      const from = progress.whole;
      using snapshot = await store.snapshot(selectionOf(scope));
      const to = progress.begun;
      const first = await streamed(snapshot);
      await progress.pass(history.random(4));
      const { rows, others } = await snapshot.countsBy('activity', 10);
      const counted = rows.reduce((sum, { count }) => sum + count, others);
      const second = await streamed(snapshot);
      const days = await snapshot.countsBy('day', 1000);
      const listed = digestOfDays(days.rows.map(({ key, count }) => [key, count]));
      const found = [{ rows: snapshot.rows }, first, { rows: counted }, second, { days: listed }];
      readings.push({ what: 'a snapshot and two streams of it', scope, found, from, to });
    }
  };
  const look = async () => {
    while (!progress.ended) {
      const scope = scopes[turn++ % scopes.length]!;
      for (const [what, lookup] of Object.entries(lookups)) {
        const from = progress.whole;
        const found = [await lookup(store, selectionOf(scope))];
        readings.push({ what, scope, found, from, to: progress.begun });
      }
      await progress.pass(history.random(2));
    }
  };
  await Promise.all([write(), read(), read(), read(), look()]);
  return readings;
}

const { signal } = new AbortController();
const lookups: Readonly<Record<string, (store: Store, selection: Selection) => Promise<Partial<View>>>> = {
  count: async (store, selection) => ({ rows: await store.count(selection, mostMs, signal) }),
  page: async (store, selection) => {
    const ask = { order: 'newest', limit: pageRows, after: null, raw: false } as const;
    const { rows } = await store.page(selection, ask, mostMs, signal);
    return { newest: digestOfIds(rows.map(({ activityId }) => activityId)) };
  },
  'days of a summary': async (store, selection) => {
    const { rows, total } = await store.summary(selection, { by: 'day', top: 1000, timeZone: null }, mostMs, signal);
    return { rows: total, days: digestOfDays(rows.map(({ key, count }) => [key, count])) };
  },
};

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
  const [activityId, timeMs, raw] = [idOf(version), timeOf(version), recordOf(version)];
  return activity(version.id, { ...actOf(version), activityId, timeMs, raw });
}
