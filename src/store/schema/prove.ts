import type { TenantId } from '../../domain/ids.ts';
import type { Engine } from '../engine/engine.ts';
import { stillInTables } from '../erase/removal.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { literal } from '../literal.ts';
import { checkOf, hashOf } from '../rules/identity.ts';
import { versionTables } from '../write/removal.ts';
import { countOf, damaged, numbersOf } from './counts.ts';
import { copies, hourOf, leanColumns } from './tables.ts';

/**
 * Compares the tables with the ledger. Counts come from the parts and cost nothing, however much the store holds; a
 * difference means that rows, whole parts or the end of the ledger were lost on disk.
 */
export async function proveCounts(engine: Engine, ledger: Ledger): Promise<void> {
  const { versions, superseded } = await ledger.stored();
  for (const table of versionTables) proveCount(table, await countOf(engine, table), versions);
  proveCount('superseded', await countOf(engine, 'superseded'), superseded);
  const [tallied = 0] = await numbersOf(engine, 'SELECT sum(rows) FROM trailport.tally');
  // The tally counts without what is erased; the tables have it until it is removed.
  const erased = (await ledger.erasures.pending(null)).filter(({ removal }) => removal !== 'ended');
  proveCount('tally', tallied, versions - superseded - erased.reduce((sum, { rows }) => sum + rows, 0));
}

function proveCount(table: string, found: number, expected: number): void {
  if (found !== expected) throw damaged(`its table ${table} holds ${found} rows where ${expected} were written`);
}

/**
 * Reads a tenant's rows in every table, but the original records, and compares them: the copies and the identities must
 * say what `activity` says, and the tally must count it. Run it between two writes of the tenant; it takes seconds for
 * ten million rows. Throws `store_damaged`.
 */
export async function proveRows(engine: Engine, ledger: Ledger, tenant: TenantId): Promise<void> {
  const erased = await stillInTables(ledger.erasures, tenant);
  const of = `WHERE tenant = ${literal(tenant)}`;
  const identity = `tenant, source, ${hashOf('activity_id')}, ${checkOf('activity_id')}, version, rank, ${hourOf('time')}`;
  const same = async (table: string, columns: string, expected: string) => {
    const [[found], [there]] = [
      await engine.rows(`SELECT count(), groupBitXor(cityHash64(${columns})) FROM trailport.${table} ${of}`),
      await engine.rows(`SELECT count(), groupBitXor(cityHash64(${expected})) FROM trailport.activity ${of}`),
    ];
    if (JSON.stringify(found) !== JSON.stringify(there)) throw damaged(`its table ${table} differs from activity`);
  };
  for (const copy of Object.keys(copies)) await same(copy, leanColumns, leanColumns);
  await same('identity', 'tenant, source, hash, `check`, version, rank, hour', identity);
  const [wrong = 0] = await numbersOf(
    engine,
    `SELECT count() FROM (
       SELECT source, hour, sum(rows) AS difference FROM (
         SELECT source, hour, rows FROM trailport.tally ${of}
         UNION ALL
         SELECT source, ${hourOf('time')}, -toInt64(count()) FROM trailport.activity ${of}
           AND version NOT IN (SELECT version FROM trailport.superseded ${of})
           ${erased === null ? '' : `AND NOT ${erased.activity}`} GROUP BY ALL
       ) GROUP BY source, hour HAVING difference != 0)`,
  );
  if (wrong > 0) throw damaged(`its table tally counts ${wrong} hours wrongly`);
}
