import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { JobId, TenantId } from '../../src/domain/ids.ts';
import { Postgres } from '../../src/kit/postgres/postgres.ts';
import { PostgresLedger } from '../../src/store/ledger/postgres/ledger.ts';
import { TestPostgres } from '../postgres.ts';
import { promisesOfErasures } from './erasures.ts';
import { promisesOfLedger } from './ledger.ts';

const server = await TestPostgres.start();
const pools: Postgres[] = [];
after(async () => {
  for (const pool of pools) await pool[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const open = async (name: string) => {
  const pool = new Postgres(await server.database(name));
  pools.push(pool);
  return await PostgresLedger.open(pool);
};
promisesOfLedger('PostgreSQL', open);
promisesOfErasures('PostgreSQL', open);

const contoso = 'contoso' as TenantId;
const ask = (holder: string) => ({
  tenant: contoso,
  kind: 'add' as const,
  importId: 1 as JobId,
  holder,
  session: `of ${holder}`,
});

test('PostgreSQL: of many processes that begin a write of a tenant at once, one does, and the others see whose it is', async () => {
  const ledgers = await Promise.all(Array.from({ length: 8 }, () => open('competition')));
  for (let round = 0; round < 20; round++) {
    const begun = await Promise.all(ledgers.map((ledger, i) => ledger.begin(ask(`process ${i}`))));
    const [won, ...more] = begun.filter((write) => write !== null);
    assert.equal(more.length, 0);
    for (const ledger of ledgers) assert.deepEqual(await ledger.openWrites(contoso), [won]);
    const other = ledgers[round % ledgers.length]!;
    if (round % 2 === 0) await other.commit(won!.write, { added: 1, replaced: 0 });
    else await other.abort(won!.write);
    const last = round % 2 === 0 ? won!.write : (await ledgers[0]!.moment(contoso)).write;
    for (const ledger of ledgers) assert.equal((await ledger.moment(contoso)).write, last);
  }
  assert.deepEqual(await ledgers[3]!.stored(), { versions: 10, superseded: 0 });
  assert.equal(new Set(await Promise.all(ledgers.map((ledger) => ledger.identity()))).size, 1);
});
