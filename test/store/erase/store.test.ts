import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { TenantId } from '../../../src/domain/ids.ts';
import type { EraseRequest } from '../../../src/domain/job.ts';
import { ChdbEngine } from '../../../src/store/engine/chdb/chdb.ts';
import { Store } from '../../../src/store/store.ts';
import { filesWith } from '../../story/forget/people.ts';
import { activity } from '../activities.ts';
import { everything, job, rowsOf } from '../fixtures.ts';

const root = mkdtempSync(join(tmpdir(), 'trailport-'));
after(() => rmSync(root, { recursive: true }));

const never = new AbortController().signal;
const contoso = everything.tenant;
const fabrikam = 'fabrikam' as TenantId;
const nowMs = Date.UTC(2026, 10, 1);
const anna = 'anna@contoso.example';
const march = Date.UTC(2026, 2, 1);
const ofAnna: EraseRequest = { what: 'user', user: anna.toUpperCase(), before: null };

/** Ten activities, every other one of Anna, in two months. */
const ten = Array.from({ length: 10 }, (_, i) =>
  activity(i, { user: i % 2 === 0 ? anna : 'bert@contoso.example', ...(i > 6 ? { timeMs: march + i } : {}) }),
);
const berts = ['id-00000001', 'id-00000003', 'id-00000005', 'id-00000007', 'id-00000009'];

async function idsOf(store: Store, tenant = contoso): Promise<string[]> {
  using snapshot = await store.snapshot({ ...everything, tenant });
  return (await rowsOf(snapshot)).flat();
}

async function eraseWholly(store: Store, number: number, request: EraseRequest): Promise<number> {
  const { rows, pending } = await store.erase(contoso, job(number), request, nowMs);
  await store.removeErased(contoso, pending, 0, never);
  await store.concludeErased(pending);
  return rows;
}

test('rows of an erasure are in no part on the disk afterwards, replaced versions neither; those of others are', async () => {
  const directory = mkdtempSync(join(root, 'store-'));
  const store = await Store.open(directory);
  for (const tenant of [contoso, fabrikam]) await store.add(tenant, job(1), ten);
  const richer = ten.slice(0, 4).map((one) => ({ ...one, raw: JSON.stringify({ more: 'text' }) }));
  await store.add(contoso, job(2), richer);
  assert.equal(await eraseWholly(store, 3, ofAnna), 5);
  assert.deepEqual(await idsOf(store), berts);
  assert.equal((await idsOf(store, fabrikam)).length, 10);
  await store.prove(contoso);
  await store[Symbol.asyncDispose]();
  await using engine = new ChdbEngine(join(directory, 'engine'));
  const names = `user_key = '${anna}' AND tenant = 'contoso'`;
  for (const table of ['activity', 'by_user', 'by_object']) {
    // Without the mask, rows show that are only marked as deleted.
    const sql = `SELECT countIf(${names}), count() FROM trailport.${table} SETTINGS apply_deleted_mask = 0`;
    assert.deepEqual((await engine.rows<(string | number)[]>(sql))[0]?.map(Number), [0, 15], table);
  }
  const identities = 'SELECT count() FROM trailport.identity SETTINGS apply_deleted_mask = 0';
  assert.deepEqual(Number((await engine.rows<[string]>(identities))[0]?.[0]), 15);
  const old = "SELECT count() FROM system.parts WHERE database = 'trailport' AND NOT active AND table != 'superseded'";
  assert.equal(Number((await engine.rows<[string]>(old))[0]?.[0]), 0);
});

test('the ledger keeps no name of an erased user, and knows the user again', async () => {
  const directory = mkdtempSync(join(root, 'store-'));
  const store = await Store.open(directory);
  await store.add(contoso, job(1), ten);
  const { pending } = await store.erase(contoso, job(2), ofAnna, nowMs);
  assert.notDeepEqual(filesWith(directory, anna), [], 'the search finds what is there');
  await store.removeErased(contoso, pending, 0, never);
  await store.concludeErased(pending);
  assert.deepEqual(filesWith(directory, anna), []);
  assert.deepEqual(await store.add(contoso, job(3), ten), { forgotten: 5 });
  assert.deepEqual(await idsOf(store), berts);
  await store[Symbol.asyncDispose]();
});

test('a snapshot from before an erasure shows what it showed; the removal waits for it, later readers do not', async () => {
  const store = await Store.open(mkdtempSync(join(root, 'store-')));
  await store.add(contoso, job(1), ten);
  const before = await store.snapshot(everything);
  const { rows, pending } = await store.erase(contoso, job(2), ofAnna, nowMs);
  assert.equal(rows, 5);
  let isRemoved = false;
  const removal = store.removeErased(contoso, pending, 0, never).then(() => {
    isRemoved = true;
  });
  assert.deepEqual(await idsOf(store), berts);
  assert.equal((await rowsOf(before)).length, 10);
  const days = { by: 'day', top: 10, timeZone: null } as const;
  assert.equal((await store.summary(everything, days, 60_000, never)).total, 5);
  const page = { order: 'oldest', limit: 10, after: null, raw: false } as const;
  assert.equal((await store.page(everything, page, 60_000, never)).rows.length, 5);
  assert.equal(isRemoved, false);
  before[Symbol.dispose]();
  await removal;
  assert.deepEqual(await idsOf(store), berts);
  const [overview] = (await store.overview(contoso, 60_000, never)).sources;
  assert.equal(overview?.rows, 5);
  await store[Symbol.asyncDispose]();
});

test('what is stored again on request stays, also when it came before the erased rows were removed', async () => {
  const store = await Store.open(mkdtempSync(join(root, 'store-')));
  await store.add(contoso, job(1), ten);
  const { pending } = await store.erase(contoso, job(2), ofAnna, nowMs);
  assert.deepEqual(await store.add(contoso, job(3), ten), { forgotten: 5 });
  assert.deepEqual(await store.add(contoso, job(4), ten.slice(0, 4), { allowForgotten: true }), { forgotten: 0 });
  const all = [...ten.slice(0, 4).map(({ activityId }) => activityId), ...berts.slice(2)];
  assert.deepEqual(await idsOf(store), all);
  await store.removeErased(contoso, pending, 0, never);
  await store.concludeErased(pending);
  assert.deepEqual(await idsOf(store), all);
  assert.deepEqual(await store.add(contoso, job(5), ten.slice(0, 4), { allowForgotten: true }), { forgotten: 0 });
  assert.deepEqual(await idsOf(store), all);
  await store.prove(contoso);
  await store[Symbol.asyncDispose]();
});

test('a job erases once, and finishes what earlier erasures of the tenant have left', async () => {
  const store = await Store.open(mkdtempSync(join(root, 'store-')));
  await store.add(contoso, job(1), ten);
  await store.erase(contoso, job(2), { ...ofAnna, before: '2026-02-01T00:00:00.000Z' }, nowMs);
  const again = await store.erase(contoso, job(2), ofAnna, nowMs);
  assert.deepEqual([again.rows, again.pending.length], [4, 1], 'what the job said first');
  const rest = await store.erase(contoso, job(3), { what: 'unfinished' }, nowMs);
  assert.deepEqual([rest.rows, rest.pending.length], [4, 1]);
  assert.equal(await eraseWholly(store, 4, ofAnna), 1);
  assert.deepEqual(await store.erasures.pending(null), []);
  assert.deepEqual((await store.erase(contoso, job(2), ofAnna, nowMs)).pending, []);
  assert.deepEqual(await idsOf(store), berts);
  await store[Symbol.asyncDispose]();
});

test('a retention keeps older rows out from its setting on, whether or not what was erased may come', async () => {
  const store = await Store.open(mkdtempSync(join(root, 'store-')));
  const day = 86_400_000;
  const daily = Array.from({ length: 6 }, (_, i) => activity(i, { timeMs: Date.now() - i * day - 1000 }));
  await store.erasures.setRetention(contoso, 3);
  assert.deepEqual(await store.add(contoso, job(1), daily), { forgotten: 3 });
  assert.deepEqual(await store.add(contoso, job(2), daily, { allowForgotten: true }), { forgotten: 3 });
  assert.deepEqual(await store.add(fabrikam, job(1), daily), { forgotten: 0 });
  assert.equal((await idsOf(store)).length, 3);
  assert.equal(await store.holdsBefore(contoso, Date.now() - 3 * day), false);
  assert.equal(await store.holdsBefore(fabrikam, Date.now() - 3 * day), true);
  await store[Symbol.asyncDispose]();
});
