import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { TenantId } from '../../src/domain/ids.ts';
import { Postgres } from '../../src/kit/postgres/postgres.ts';
import { PostgresLedger } from '../../src/store/ledger/postgres/ledger.ts';
import { Processes } from '../../src/store/ledger/postgres/processes.ts';
import { OwnReaders } from '../../src/store/readers/own.ts';
import type { Readers } from '../../src/store/readers/readers.ts';
import { SharedReaders } from '../../src/store/readers/shared.ts';
import { TestPostgres } from '../postgres.ts';

const contoso = 'contoso' as TenantId;
const fabrikam = 'fabrikam' as TenantId;
const leaseMs = 500;
let server: TestPostgres;
let pool: Postgres;
let processes: Processes;
before(async () => {
  server = await TestPostgres.start();
  pool = new Postgres(await server.database('readers'));
  await PostgresLedger.open(pool);
  processes = await Processes.open(pool);
});
after(async () => {
  await pool[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

/** The readers of a process; `isHeld` lets it stand still as far as others can see. */
async function openShared(name: string, state = { isHeld: false }): Promise<SharedReaders> {
  const stillOrNot = {
    add: (...of: Parameters<Processes['add']>) => processes.add(...of),
    beat: (...of: Parameters<Processes['beat']>) =>
      state.isHeld ? Promise.reject(new Error('held')) : processes.beat(...of),
    all: () => processes.all(),
    remove: (...of: Parameters<Processes['remove']>) => processes.remove(...of),
  } as Processes;
  return await SharedReaders.open({ processes: stillOrNot, name, leaseMs });
}

async function readsAreKnown(here: Readers, there: Readers): Promise<void> {
  assert.equal(await here.oldestOf(contoso), Infinity);
  const [first, second] = [there.enter(contoso), there.enter(contoso)];
  first.reads(7);
  second.reads(9);
  const then = await here.now(contoso);
  assert.equal(await here.oldestOf(contoso), 7);
  assert.equal(await then.haveLeft(), false);
  await first.confirm();
  first.leave();
  assert.equal(await here.oldestOf(contoso), 9);
  assert.equal(await then.haveLeft(), false);
  second.leave();
  const later = there.enter(contoso);
  later.reads(11);
  assert.equal(await here.oldestOf(contoso), 11);
  while (!(await then.haveLeft()));
  later.leave();
  assert.equal(await here.oldestOf(contoso), Infinity);
}

test('the oldest moment that anybody reads is known, and when all who read at a time have left', async () => {
  const own = new OwnReaders();
  await readsAreKnown(own, own);
  assert.equal(await own.oldestOf(fabrikam), Infinity);
});

test('readers of another process are known in the same way, also those that came a moment ago', async () => {
  await using here = await openShared('here');
  await using there = await openShared('there');
  await readsAreKnown(here, there);
  for (let round = 0; round < 5; round++) {
    const reading = there.enter(contoso);
    reading.reads(round);
    assert.equal(await here.oldestOf(contoso), round);
    reading.leave();
  }
});

test('a process that stands still is taken for dead, and what it read meanwhile is not confirmed; one that ends is gone', async () => {
  await using here = await openShared('here');
  const state = { isHeld: false };
  await using held = await openShared('held', state);
  assert.equal(await here.isGone('held'), false);
  const reading = held.enter(contoso);
  reading.reads(3);
  assert.equal(await here.oldestOf(contoso), 3);
  state.isHeld = true;
  while (!(await here.isGone('held')));
  assert.equal(await here.oldestOf(contoso), Infinity);
  state.isHeld = false;
  await assert.rejects(reading.confirm(), { code: 'too_busy' });
  const again = held.enter(contoso);
  await again.confirm();
  assert.equal(await here.isGone('held'), false);
  const ending = await openShared('ending');
  assert.equal(await here.isGone('ending'), false);
  await ending[Symbol.asyncDispose]();
  assert.equal(await here.isGone('ending'), true);
});
