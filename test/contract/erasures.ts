import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JobId, TenantId } from '../../src/domain/ids.ts';
import type { Erasing } from '../../src/store/ledger/erasures.ts';
import type { Ledger } from '../../src/store/ledger/ledger.ts';

const contoso = 'contoso' as TenantId;
const alone = { holder: null, session: null };
const fabrikam = 'fabrikam' as TenantId;
const ofAnna: Erasing = {
  what: 'user',
  userKey: 'anna@contoso.example',
  userHash: 'A1',
  beforeMs: null,
  arrivesBeforeMs: 1000,
};
const ofAll: Erasing = { what: 'tenant', userKey: null, userHash: null, beforeMs: null, arrivesBeforeMs: 2000 };
const expired: Erasing = { ...ofAll, what: 'expired', beforeMs: 500, arrivesBeforeMs: 500 };

async function erase(ledger: Ledger, tenant: TenantId, job: number, erasing: Erasing, rows = 3): Promise<number> {
  const { write } = (await ledger.begin({ tenant, kind: 'erase', importId: null, ...alone }))!;
  await ledger.erasures.commit(write, job as JobId, erasing, rows, job * 10);
  return write;
}

/** What every adapter of the port `Ledger` promises of its erasures. `open` answers with a ledger of that name. */
export function promisesOfErasures(adapter: string, open: (name: string) => Promise<Ledger>): void {
  test(`${adapter}: an erasure is in its tenant's moment from its commit until it is concluded, and in no other's`, async () => {
    await using ledger = await open('erasures');
    const { erasures } = ledger;
    const { write: added } = (await ledger.begin({ tenant: contoso, kind: 'add', importId: 1 as JobId, ...alone }))!;
    await ledger.commit(added, { added: 5, replaced: 0 });
    const open1 = (await ledger.begin({ tenant: contoso, kind: 'erase', importId: null, ...alone }))!;
    assert.deepEqual((await ledger.moment(contoso)).exclusions, []);
    await erasures.commit(open1.write, 7 as JobId, ofAnna, 3, 70);
    const exclusion = { write: open1.write, userKey: 'anna@contoso.example', beforeMs: null };
    assert.deepEqual(await ledger.moment(contoso), { write: open1.write, replaced: false, exclusions: [exclusion] });
    assert.deepEqual((await ledger.moment(fabrikam)).exclusions, []);
    await assert.rejects(erasures.commit(open1.write, 7 as JobId, ofAnna, 3, 70));
    const { arrivesBeforeMs: _, ...erasing } = ofAnna;
    const whole = { ...erasing, write: open1.write, tenant: contoso, state: 'pending', rows: 3, removal: 'none' };
    assert.deepEqual(plain(await erasures.ofJob(contoso, 7 as JobId)), whole);
    assert.equal(await erasures.ofJob(fabrikam, 7 as JobId), null);
    assert.deepEqual((await erasures.pending(contoso)).map(plain), [whole]);
    assert.deepEqual(await erasures.pending(fabrikam), []);
    await erasures.conclude(open1.write);
    await erasures.conclude(open1.write);
    assert.deepEqual((await ledger.moment(contoso)).exclusions, []);
    assert.deepEqual(plain(await erasures.ofJob(contoso, 7 as JobId)), { ...whole, state: 'done', userKey: null });
    assert.deepEqual(await erasures.pending(null), []);
  });

  test(`${adapter}: an erasure that was aborted, or is of another kind of write, is never committed`, async () => {
    await using ledger = await open('aborted-erasures');
    const aborted = (await ledger.begin({ tenant: contoso, kind: 'erase', importId: null, ...alone }))!;
    await ledger.abort(aborted.write);
    await assert.rejects(ledger.erasures.commit(aborted.write, 1 as JobId, ofAnna, 1, 0));
    const add = (await ledger.begin({ tenant: contoso, kind: 'add', importId: 1 as JobId, ...alone }))!;
    await assert.rejects(ledger.erasures.commit(add.write, 1 as JobId, ofAnna, 1, 0));
    assert.deepEqual(await ledger.erasures.pending(null), []);
    assert.deepEqual(await ledger.openWrites(contoso), [add]);
  });

  test(`${adapter}: what a removal takes from the tables is counted once, however often it is begun and ended`, async () => {
    await using ledger = await open('erasures-stored');
    const { write: added } = (await ledger.begin({ tenant: contoso, kind: 'add', importId: 1 as JobId, ...alone }))!;
    await ledger.commit(added, { added: 10, replaced: 2 });
    const write = await erase(ledger, contoso, 1, ofAnna, 4);
    const removal = async () => (await ledger.erasures.pending(contoso))[0]?.removal;
    assert.equal(await removal(), 'none');
    await ledger.erasures.endRemoval(write);
    assert.deepEqual(await ledger.stored(), { versions: 10, superseded: 2 }, 'it has not begun');
    await ledger.erasures.beginRemoval(write, { versions: 5, superseded: 1 });
    await ledger.erasures.beginRemoval(write, { versions: 2, superseded: 0 });
    assert.equal(await removal(), 'begun');
    await ledger.erasures.endRemoval(write);
    await ledger.erasures.endRemoval(write);
    assert.equal(await removal(), 'ended');
    assert.deepEqual(await ledger.stored(), { versions: 5, superseded: 1 });
    await ledger.erasures.conclude(write);
    assert.deepEqual(await ledger.stored(), { versions: 5, superseded: 1 });
  });

  test(`${adapter}: rules stay when their erasures are done; of one user, and of all, only the latest time`, async () => {
    await using ledger = await open('rules');
    const { erasures } = ledger;
    await erasures.conclude(await erase(ledger, contoso, 1, ofAnna));
    await erase(ledger, contoso, 2, { ...ofAnna, arrivesBeforeMs: 3000 });
    await erase(ledger, contoso, 3, { ...ofAnna, userHash: 'B2', arrivesBeforeMs: 10 });
    await erasures.conclude(await erase(ledger, contoso, 4, ofAll));
    await erase(ledger, contoso, 5, expired);
    const rules = (await erasures.rules(contoso)).map(plain);
    rules.sort((a, b) => String(a?.userHash).localeCompare(String(b?.userHash)));
    assert.deepEqual(rules, [
      { userHash: 'A1', beforeMs: 3000 },
      { userHash: 'B2', beforeMs: 10 },
      { userHash: null, beforeMs: 2000 },
    ]);
    assert.deepEqual(await erasures.rules(fabrikam), []);
    assert.equal(await erasures.erasedSince(contoso, 40), true);
    assert.equal(await erasures.erasedSince(contoso, 41), false, 'what expired is no erasure that somebody asked for');
    assert.equal(await erasures.erasedSince(fabrikam, 0), false);
  });

  test(`${adapter}: a retention is the tenant's own, and a change is looked at anew`, async () => {
    await using ledger = await open('retention');
    const { erasures } = ledger;
    assert.equal(await erasures.retentionOf(contoso), null);
    await erasures.setRetention(contoso, 30);
    await erasures.noteSwept(contoso, 99);
    assert.deepEqual((await erasures.retentions()).map(plain), [{ tenant: contoso, days: 30, sweptAtMs: 99 }]);
    await erasures.setRetention(contoso, 7);
    assert.deepEqual((await erasures.retentions()).map(plain), [{ tenant: contoso, days: 7, sweptAtMs: null }]);
    assert.equal(await erasures.retentionOf(contoso), 7);
    assert.equal(await erasures.retentionOf(fabrikam), null);
    await erasures.setRetention(contoso, null);
    assert.deepEqual(await erasures.retentions(), []);
  });

  test(`${adapter}: the key of the hashes is made once`, async () => {
    const first = await open('hash-key');
    const key = await first.erasures.hashKey();
    await first[Symbol.asyncDispose]();
    await using again = await open('hash-key');
    assert.deepEqual(await again.erasures.hashKey(), key);
    await using other = await open('other-hash-key');
    assert.notDeepEqual(await other.erasures.hashKey(), key);
    for (const half of key) assert.match(half, /^[0-9]{1,20}$/);
  });
}

/** Rows of SQLite have no prototype. */
function plain<T extends object>(row: T | null): T | null {
  return row === null ? null : { ...row };
}
