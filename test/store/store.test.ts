import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Selection } from '../../src/domain/selection.ts';
import { activity } from './activities.ts';
import { everything, job, rowsOf } from './fixtures.ts';
import { storeForFile } from './store-for-file.ts';

const { store, someTenant } = await storeForFile();

test('an activity is kept once, whatever arrives how often', async () => {
  const tenant = someTenant();
  const some = Array.from({ length: 50 }, (_, i) => activity(i));
  await store.add(tenant, job(1), [...some, ...some.slice(0, 10)]);
  await store.add(tenant, job(2), [...some.slice(40), activity(50)]);
  const snapshot = await store.snapshot({ ...everything, tenant });
  assert.equal(snapshot.rows, 51);
  assert.equal((await rowsOf(snapshot)).length, 51);
  assert.equal(await store.countBroughtBy(tenant, job(1)), 50);
  assert.equal(await store.countBroughtBy(tenant, job(2)), 1);
});

test('of conflicting records with one identity the same one stands, in whatever order they came', async () => {
  const short = activity(1, { raw: '{"a":1}', user: 'a@contoso.example' });
  const long = activity(1, { raw: '{"a":1,"b":2}', user: 'b@contoso.example' });
  const later = activity(1, { raw: '{"a":1,"b":2,"c":3}', user: 'c@contoso.example', timeMs: Date.UTC(2027, 0, 1) });
  for (const order of [
    [short, long, later],
    [later, long, short],
    [long, later, short],
  ]) {
    const tenant = someTenant();
    for (const [i, one] of order.entries()) await store.add(tenant, job(i + 1), [one]);
    const snapshot = await store.snapshot({ ...everything, tenant });
    assert.deepEqual([snapshot.rows, await rowsOf(snapshot, ['user'])], [1, [['c@contoso.example']]]);
    assert.deepEqual([await store.countBroughtBy(tenant, job(1)), await store.countBroughtBy(tenant, job(3))], [1, 0]);
  }
});

test('rows come oldest first, equal times by activity id', async () => {
  const tenant = someTenant();
  const at = Date.UTC(2026, 5, 1);
  await store.add(tenant, job(1), [
    activity(9, { timeMs: at }),
    activity(3, { timeMs: at + 1 }),
    activity(2, { timeMs: at }),
  ]);
  await store.add(tenant, job(2), [activity(1, { timeMs: at - 1 })]);
  const ids = (await rowsOf(await store.snapshot({ ...everything, tenant }))).flat();
  assert.deepEqual(ids, ['id-00000001', 'id-00000002', 'id-00000009', 'id-00000003']);
});

test('a selection takes a user, an object and what is below it, a period and event types, and nothing of its neighbours', async () => {
  const tenant = someTenant();
  const site = 'https://contoso.sharepoint.example/sites/team1';
  await store.add(tenant, job(1), [
    activity(1, { object: site }),
    activity(2, { object: `${site}/Shared Documents/a.docx`, user: 'MEGAN@contoso.example' }),
    activity(3, { object: `${site}0/a.docx` }),
    activity(4, { object: 'Doc-1', activity: 'Update' }),
    activity(5, { object: 'doc-1' }),
    activity(6, { source: 'google', object: 'Doc-1' }),
  ]);
  const count = async (over: Partial<Selection>) => (await store.snapshot({ ...everything, tenant, ...over })).rows;
  assert.equal(await count({}), 5);
  assert.equal(await count({ source: 'google' }), 1);
  assert.equal(await count({ object: `${site.toUpperCase()}/` }), 2);
  assert.equal(await count({ object: `${site}/shared%20documents` }), 1);
  assert.equal(await count({ object: 'Doc-1' }), 1);
  assert.equal(await count({ user: 'Megan@Contoso.example', object: site }), 2);
  assert.equal(await count({ user: "x' OR 1=1 --" }), 0);
  assert.equal(await count({ eventTypes: ['Update', "it's", 'Nothing'] }), 1);
  const second = Date.UTC(2026, 0, 1) + 2000;
  assert.equal(await count({ period: { fromMs: second, untilMs: second + 1000 } }), 1);
  assert.equal(await count({ tenant: someTenant() }), 0);
});

test('a snapshot does not change while more is written', async () => {
  const tenant = someTenant();
  await store.add(tenant, job(1), [activity(1), activity(2)]);
  const snapshot = await store.snapshot({ ...everything, tenant });
  await store.add(tenant, job(2), [activity(3)]);
  assert.equal((await rowsOf(snapshot)).length, snapshot.rows);
  assert.equal((await store.snapshot({ ...everything, tenant })).rows, 3);
});

test('a stream that is left early or called off leaves the store usable', async () => {
  const tenant = someTenant();
  await store.add(
    tenant,
    job(1),
    Array.from({ length: 200_000 }, (_, i) => activity(i)),
  );
  const snapshot = await store.snapshot({ ...everything, tenant });
  const ask = { format: 'lines', only: null } as const;
  for await (const chunk of snapshot.stream(ask, new AbortController().signal)) {
    assert.ok(chunk.rows > 0);
    break;
  }
  const call = new AbortController();
  const calledOff = (async () => {
    for await (const _ of snapshot.stream(ask, call.signal)) call.abort(new Error('called off'));
  })();
  await assert.rejects(calledOff, /called off/);
  assert.equal((await rowsOf(snapshot)).length, 200_000);
});

test('values of every kind come back equal', async () => {
  const tenant = someTenant();
  const odd = 'tab\t nl\n quote" back\\ nul\u0000 \u{1F600} é { } {x:String} $1 ?';
  await store.add(tenant, job(1), [activity(1, { user: odd, object: odd, raw: odd })]);
  const snapshot = await store.snapshot({ ...everything, tenant, user: odd, object: odd });
  assert.deepEqual(await rowsOf(snapshot, ['user', 'object', 'raw']), [[odd, odd, odd]]);
});
