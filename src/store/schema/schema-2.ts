import type { JobId, TenantId } from '../../domain/ids.ts';
import type { Engine } from '../engine/engine.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { firstVersionOf } from '../moment.ts';
import { rulesVersion } from '../rules/rules.ts';
import { countOf, damaged, numbersOf } from './counts.ts';
import { copyFillings, fillTables, type OpeningProgress, otherFillings } from './fill.ts';
import { applyToActivity } from './rules.ts';
import { modernizeActivity } from './tables.ts';

/** The name of the move in the ledger. */
const work = 'move to schema 3';

/**
 * Moves a store of schema 2, where the engine's table `write` listed the writes of all tenants, to schema 3: `activity`
 * and `superseded` stay, the other tables are filled from them and the ledger takes over the writes. Safe against
 * `kill -9` at any point: the next start goes on. Until the caller drops `write`, the move can be repeated.
 */
export async function moveFromSchema2(engine: Engine, ledger: Ledger, progress: OpeningProgress): Promise<void> {
  const lastWrite = await lastWriteOf(engine);
  await removeUncommitted(engine, lastWrite);
  await proveWhole(engine);
  await removeReplaced(engine);
  await engine.run(modernizeActivity);
  await takeOver(engine, ledger, lastWrite, progress);
}

/**
 * Fills every other table from `activity`, of which no version is replaced, and lets the ledger take over its rows as what
 * the writes up to `lastWrite` added.
 */
export async function takeOver(
  engine: Engine,
  ledger: Ledger,
  lastWrite: number,
  progress: OpeningProgress,
): Promise<void> {
  await applyToActivity(engine, progress);
  await fillTables(engine, ledger, work, { ...copyFillings, ...otherFillings(lastWrite) }, progress);
  // What an import has brought belongs to it when it goes on after the move.
  const imports = await engine.rows<[string, string | number, string | number]>(
    'SELECT tenant, import_id, count() FROM trailport.activity GROUP BY tenant, import_id',
  );
  const versions = new Map<string, number>();
  for (const [tenant, , rows] of imports) versions.set(tenant, (versions.get(tenant) ?? 0) + Number(rows));
  await ledger.adopt({
    lastWrite,
    tenants: [...versions].map(([tenant, rows]) => ({ tenant: tenant as TenantId, versions: rows, superseded: 0 })),
    imports: imports.map(([tenant, importId, added]) => ({
      tenant: tenant as TenantId,
      importId: Number(importId) as JobId,
      added: Number(added),
    })),
  });
  await ledger.setRules(rulesVersion);
}

const sync = 'SETTINGS lightweight_deletes_sync = 2, mutations_sync = 2';

/** What the move leaves when it is done and recorded. */
export async function endMove(engine: Engine, ledger: Ledger): Promise<void> {
  await engine.run('DROP TABLE IF EXISTS trailport.write SYNC');
  await ledger.forgetSteps(work);
}

async function lastWriteOf(engine: Engine): Promise<number> {
  const [count = 0, first = 0, last = 0] = await numbersOf(
    engine,
    'SELECT count(), min(number), max(number) FROM trailport.write',
  );
  if (count > 0 && last - first + 1 !== count) throw damaged('the list of its writes has gaps');
  const [newest = 0] = await numbersOf(engine, 'SELECT max(version) FROM trailport.activity');
  // One write at most can have been cut off.
  if (newest >= firstVersionOf(last + 2)) throw damaged('the list of its writes has lost its end');
  return last;
}

/** Removes what a write left that was not committed. */
async function removeUncommitted(engine: Engine, last: number): Promise<void> {
  for (const [table, condition] of [
    ['activity', `version >= ${firstVersionOf(last + 1)}`],
    ['superseded', `by_write > ${last}`],
  ]) {
    if ((await countOf(engine, `${table} WHERE ${condition}`)) === 0) continue;
    await engine.run(`DELETE FROM trailport.${table} WHERE ${condition} ${sync}`);
  }
}

/** Nobody reads yet, so nothing needs the versions that were replaced. The rows first, then what names them. */
async function removeReplaced(engine: Engine): Promise<void> {
  if ((await countOf(engine, 'superseded')) === 0) return;
  await engine.run(
    `DELETE FROM trailport.activity WHERE version IN (SELECT version FROM trailport.superseded) ${sync}`,
  );
  await engine.run('TRUNCATE TABLE trailport.superseded');
}

/** Cleaning up changes neither side, so a difference means that rows or whole parts were lost on disk. */
async function proveWhole(engine: Engine): Promise<void> {
  const [written = 0] = await numbersOf(engine, 'SELECT sum(added) - sum(replaced) FROM trailport.write');
  const stand = await countOf(engine, 'activity WHERE version NOT IN (SELECT version FROM trailport.superseded)');
  if (stand !== written) throw damaged(`it holds ${stand} activities where ${written} were written`);
}
