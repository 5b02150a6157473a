import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JobId, TenantId } from '../../src/domain/ids.ts';
import type { Ledger, WriteAsk } from '../../src/store/ledger/ledger.ts';

const contoso = 'contoso' as TenantId;
const alone = { holder: null, session: null };
const fabrikam = 'fabrikam' as TenantId;
const add = (tenant: TenantId, importId = 1): WriteAsk => ({
  tenant,
  kind: 'add',
  importId: importId as JobId,
  ...alone,
});

/** What every adapter of the port `Ledger` promises. `open` answers with the same ledger each time it is called. */
export function promisesOfLedger(adapter: string, open: (name: string) => Promise<Ledger>): void {
  test(`${adapter}: a write is visible in its tenant's moment once it is committed, and in no other's`, async () => {
    await using ledger = await open('moment');
    assert.deepEqual(await ledger.moment(contoso), { write: 0, replaced: false, exclusions: [] });
    const { write } = (await ledger.begin(add(contoso)))!;
    assert.equal((await ledger.moment(contoso)).write, 0);
    await ledger.commit(write, { added: 3, replaced: 0 });
    assert.deepEqual(await ledger.moment(contoso), { write, replaced: false, exclusions: [] });
    assert.equal((await ledger.moment(fabrikam)).write, 0);
    const next = (await ledger.begin(add(contoso)))!;
    await ledger.commit(next.write, { added: 2, replaced: 1 });
    assert.deepEqual(await ledger.moment(contoso), { write: next.write, replaced: true, exclusions: [] });
  });

  test(`${adapter}: a tenant has one open write, other tenants write meanwhile, and numbers only grow`, async () => {
    await using ledger = await open('turns');
    assert.equal(await ledger.lastNumber(), 0);
    const first = (await ledger.begin(add(contoso)))!;
    assert.equal(await ledger.begin(add(contoso)), null);
    const other = (await ledger.begin({ ...add(fabrikam), kind: 'erase', importId: null, ...alone }))!;
    assert.ok(other.write > first.write);
    assert.deepEqual(await ledger.openWrites(null), [first, other]);
    assert.deepEqual(await ledger.openWrites(fabrikam), [other]);
    await ledger.commit(other.write, { added: 0, replaced: 0 });
    await ledger.abort(first.write);
    assert.deepEqual(await ledger.openWrites(null), []);
    assert.equal(await ledger.lastNumber(), other.write);
    assert.ok((await ledger.begin(add(contoso)))!.write > other.write);
  });

  test(`${adapter}: a write that is not open is never committed, and ending it twice changes nothing`, async () => {
    await using ledger = await open('fence');
    const { write } = (await ledger.begin(add(contoso)))!;
    await ledger.abort(write);
    await assert.rejects(ledger.commit(write, { added: 9, replaced: 0 }));
    const next = (await ledger.begin(add(contoso)))!;
    await ledger.commit(next.write, { added: 1, replaced: 0 });
    await assert.rejects(ledger.commit(next.write, { added: 1, replaced: 0 }));
    await ledger.abort(next.write);
    await assert.rejects(ledger.commit(next.write + 1, { added: 1, replaced: 0 }));
    assert.equal((await ledger.moment(contoso)).write, next.write);
    assert.deepEqual(await ledger.stored(), { versions: 1, superseded: 0 });
  });

  test(`${adapter}: an import has added what its committed writes added, less what they replaced`, async () => {
    await using ledger = await open('imports');
    for (const [importId, added, replaced] of [
      [1, 10, 0],
      [2, 4, 4],
      [1, 5, 2],
    ] as const) {
      const { write } = (await ledger.begin(add(contoso, importId)))!;
      await ledger.commit(write, { added, replaced });
    }
    const { write } = (await ledger.begin(add(contoso, 1)))!;
    await ledger.abort(write);
    assert.equal(await ledger.addedBy(contoso, 1 as JobId), 13);
    assert.equal(await ledger.addedBy(contoso, 2 as JobId), 0);
    assert.equal(await ledger.addedBy(fabrikam, 1 as JobId), 0);
  });

  test(`${adapter}: what the tables must hold follows commits and ended removals, each counted once`, async () => {
    await using ledger = await open('stored');
    const { write } = (await ledger.begin(add(contoso)))!;
    await ledger.commit(write, { added: 10, replaced: 3 });
    const other = (await ledger.begin(add(fabrikam)))!;
    await ledger.commit(other.write, { added: 5, replaced: 0 });
    assert.deepEqual(await ledger.stored(), { versions: 15, superseded: 3 });
    const ask = { tenant: contoso, upTo: write, stored: { versions: 3, superseded: 3 } };
    const removal = await ledger.beginRemoval(ask);
    assert.deepEqual(await ledger.openRemovals(contoso), [removal]);
    assert.deepEqual(await ledger.openRemovals(fabrikam), []);
    assert.deepEqual(await ledger.stored(), { versions: 15, superseded: 3 });
    assert.equal((await ledger.moment(contoso)).replaced, true);
    await ledger.endRemoval(removal.number);
    await ledger.endRemoval(removal.number);
    assert.deepEqual(await ledger.openRemovals(null), []);
    assert.deepEqual(await ledger.stored(), { versions: 12, superseded: 0 });
    assert.equal((await ledger.moment(contoso)).replaced, false);
  });

  test(`${adapter}: what it said is there when it is opened again`, async () => {
    const before = await open('again');
    const { write } = (await before.begin(add(contoso)))!;
    await before.commit(write, { added: 2, replaced: 0 });
    const left = (await before.begin(add(contoso)))!;
    await before[Symbol.asyncDispose]();
    await using ledger = await open('again');
    assert.equal((await ledger.moment(contoso)).write, write);
    assert.deepEqual(await ledger.openWrites(null), [left]);
    assert.deepEqual(await ledger.stored(), { versions: 2, superseded: 0 });
  });
}
