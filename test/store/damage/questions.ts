import { defaultColumns } from '../../../src/domain/columns.ts';
import type { Selection } from '../../../src/domain/selection.ts';
import type { Store } from '../../../src/store/store.ts';
import { activity } from '../activities.ts';
import { everything, job, rowsOf } from '../fixtures.ts';

export const users = ['megan@contoso.example', 'alex@contoso.example'] as const;
const objectOf = (number: number) => `https://contoso.sharepoint.example/sites/team${number}`;

/** Activities of two users in three sites, over three months of two years. */
export function activities(count: number) {
  return Array.from({ length: count }, (_, i) =>
    activity(i, {
      timeMs: Date.UTC(2025, 11 + (i % 3), 1) + i * 1000,
      user: users[i % 2]!,
      object: `${objectOf(i % 3)}/plan-${i}.docx`,
      clientIp: `192.0.2.${i % 200}`,
    }),
  );
}

const { signal } = new AbortController();
const mostMs = 60_000;
const ofUser: Selection = { ...everything, users: [users[0]] };
const ofObject: Selection = { ...everything, object: objectOf(1) };

async function reportOf(store: Store, selection: Selection): Promise<unknown> {
  using snapshot = await store.snapshot(selection);
  const { rows, firstMs, lastMs } = snapshot;
  const counts = [await snapshot.countsBy('activity', 10), await snapshot.countsBy('day', 1000)];
  return [rows, firstMs, lastMs, counts, await rowsOf(snapshot, [...defaultColumns, 'raw'])];
}

const page = { order: 'newest', limit: 1000, after: null, raw: true } as const;

/** Everything that is asked of a store, by name. */
export const questions: Readonly<Record<string, (store: Store) => Promise<unknown>>> = {
  'the report of the tenant': (store) => reportOf(store, everything),
  'the report of a user': (store) => reportOf(store, ofUser),
  'the report of an object': (store) => reportOf(store, ofObject),
  'a count of the tenant': (store) => store.count(everything, mostMs, signal),
  'a count of a user': (store) => store.count(ofUser, mostMs, signal),
  'a page of the tenant': (store) => store.page(everything, page, mostMs, signal),
  'a page of a user': (store) => store.page(ofUser, page, mostMs, signal),
  'a page of an object': (store) => store.page(ofObject, page, mostMs, signal),
  'the days of the tenant': (store) =>
    store.summary(everything, { by: 'day', top: 1000, timeZone: null }, mostMs, signal),
  'the users of an object': (store) =>
    store.summary(ofObject, { by: 'user', top: 1000, timeZone: null }, mostMs, signal),
  'the addresses of a user': (store) =>
    store.summary(ofUser, { by: 'clientIp', top: 1000, timeZone: null }, mostMs, signal),
  'the overview': async (store) => {
    const { sources } = await store.overview(everything.tenant, mostMs, signal);
    return sources.map(({ arrivedMs: _, ...facts }) => facts);
  },
  // Last: what is known is not added again, whatever cannot be read.
  'the same import again': async (store) => {
    await store.add(everything.tenant, job(7), activities(3000));
    return [await store.countBroughtBy(everything.tenant, job(7)), await store.count(everything, mostMs, signal)];
  },
};

/** The answer to each question as JSON, or the code of its failure. */
export async function answersOf(store: Store): Promise<Map<string, string>> {
  const answers = new Map<string, string>();
  for (const [name, ask] of Object.entries(questions)) {
    try {
      answers.set(name, JSON.stringify(await ask(store)));
    } catch (error) {
      answers.set(name, `code ${(error as { code?: string }).code}`);
    }
  }
  return answers;
}
