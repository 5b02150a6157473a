import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Activity } from '../../../src/domain/activity.ts';
import type { TenantId } from '../../../src/domain/ids.ts';
import { type Page, type PageKey, type PageRow, pageOrders } from '../../../src/domain/page.ts';
import type { Selection } from '../../../src/domain/selection.ts';
import { activity } from '../activities.ts';
import { everything, job } from '../fixtures.ts';
import { storeForFile } from '../store-for-file.ts';

const { store } = await storeForFile();

const never = new AbortController().signal;
const waitMs = 60_000;

/** Activities of which each time has several, whose ids are in no order. */
const all: readonly Activity[] = Array.from({ length: 90 }, (_, i) => ({
  ...activity(Math.floor(i / 4)),
  activityId: `id-${(i * 37) % 90}`,
  user: i % 3 === 0 ? 'Megan@Contoso.example' : 'alex@contoso.example',
  object: `https://contoso.sharepoint.example/sites/team${i % 5}/a.docx`,
  raw: JSON.stringify({ i }),
}));

const inOrder = (a: Activity, b: Activity) => a.timeMs - b.timeMs || (a.activityId < b.activityId ? -1 : 1);

/** Every page after the other, with rows of each. */
async function pagesOf(selection: Selection, order: 'newest' | 'oldest', limit: number): Promise<PageRow[][]> {
  const pages: PageRow[][] = [];
  let next: PageKey | null = null;
  do {
    const page = await store.page(selection, { order, limit, after: next, raw: true }, waitMs, never);
    pages.push([...page.rows]);
    next = page.next;
  } while (next !== null);
  return pages;
}

test('the pages of a selection hold each of its activities once and whole, in order, also where many have one time', async () => {
  await store.add(everything.tenant, job(1), all);
  const object = 'https://contoso.sharepoint.example/sites/team2';
  for (const [over, isMeant] of [
    [{}, () => true],
    [{ user: 'megan@contoso.example' }, ({ user }: Activity) => user.startsWith('Megan')],
    [{ object }, (row: Activity) => row.object.startsWith(`${object}/`)],
    [{ user: 'nobody@contoso.example' }, () => false],
  ] as const) {
    const meant = all.filter(isMeant).sort(inOrder);
    for (const order of pageOrders) {
      const pages = await pagesOf({ ...everything, ...over }, order, 7);
      assert.deepEqual(pages.flat(), order === 'oldest' ? meant : meant.toReversed());
      assert.ok(pages.slice(0, -1).every((page) => page.length === 7));
    }
  }
});

test('pages of a tenant with more activities than are looked through at first are whole, newest and oldest first', async () => {
  const tenant = 'busy' as TenantId;
  const object = 'https://contoso.sharepoint.example/sites/team1';
  const busy = Array.from({ length: 11_000 }, (_, i) =>
    activity(i * 97, { activity: i % 4000 === 17 ? 'Rare' : 'FileAccessed', object: `${object}/${i % 5}.docx` }),
  );
  await store.add(tenant, job(1), busy);
  for (const over of [{}, { eventTypes: ['rare'] }, { object }]) {
    const meant = busy.filter((row) => !('eventTypes' in over) || row.activity === 'Rare');
    for (const order of pageOrders) {
      let after: PageKey | null = null;
      const expected = order === 'oldest' ? meant : meant.toReversed();
      for (let at = 0; at < Math.min(1500, expected.length); at += 500) {
        const page: Page = await store.page(
          { ...everything, ...over, tenant },
          { order, limit: 500, after, raw: false },
          waitMs,
          never,
        );
        const ids = page.rows.map(({ activityId }) => activityId);
        assert.deepEqual(
          ids,
          expected.slice(at, at + 500).map(({ activityId }) => activityId),
        );
        after = page.next;
      }
    }
  }
});

test('a page has original records only when they are asked for, and ends early where they are long', async () => {
  const tenant = 'long' as TenantId;
  const long = Array.from({ length: 6 }, (_, i) => activity(i, { raw: `"${'x'.repeat(3 * 2 ** 18)}${i}"` }));
  await store.add(tenant, job(1), long);
  const selection = { ...everything, tenant };
  const lean = await store.page(selection, { order: 'oldest', limit: 1, after: null, raw: false }, waitMs, never);
  assert.equal(lean.rows[0]?.raw, null);
  const pages = await pagesOf(selection, 'oldest', 100);
  assert.deepEqual(
    pages.map((page) => page.length),
    [2, 2, 2],
  );
  assert.deepEqual(pages.flat(), long);
});

test('a page ends with its caller', async () => {
  const ask = { order: 'newest', limit: 10, after: null, raw: false } as const;
  await assert.rejects(store.page(everything, ask, waitMs, AbortSignal.abort(new Error('left'))), /left/);
});
