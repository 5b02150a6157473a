import type { Engine } from '../engine/engine.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { checkOf, hashOf } from '../rules/identity.ts';
import { copies, hourOf, leanColumns } from './tables.ts';

/** How far a long piece of work on opening is, in rows. */
export type OpeningProgress = (work: 'moving' | 'copying' | 'applying rules', done: number, total: number) => void;

/** What a month of `activity` becomes in a table, as the columns and the SELECT of an INSERT, and how it is found there. */
type Filling = { readonly columns: string; readonly select: string; readonly by: 'time' | 'hour' };

const month = 'toYYYYMM(time) = {month:UInt32}';

export const copyFillings = Object.fromEntries(
  Object.keys(copies).map((copy) => [
    copy,
    { columns: leanColumns, select: `${leanColumns} FROM trailport.activity WHERE ${month}`, by: 'time' },
  ]),
) as Readonly<Record<string, Filling>>;

/** For a store without replaced versions, as it stood after `lastWrite`. */
export function otherFillings(lastWrite: number): Readonly<Record<string, Filling>> {
  return {
    identity: {
      columns: 'tenant, source, hash, `check`, version, rank, hour',
      select: `tenant, source, ${hashOf('activity_id')}, ${checkOf('activity_id')}, version, rank, ${hourOf('time')}
        FROM trailport.activity WHERE ${month}`,
      by: 'hour',
    },
    tally: {
      columns: 'tenant, source, hour, by_write, rows',
      select: `tenant, source, ${hourOf('time')} AS hour, ${lastWrite}, count() FROM trailport.activity
        WHERE ${month} GROUP BY tenant, source, hour`,
      by: 'hour',
    },
  };
}

/** Blocks of half a gigabyte with everything around them, in few enough parts. */
const settings = `SETTINGS max_threads = 2, max_insert_threads = 1, min_insert_block_size_rows = 500000,
  min_insert_block_size_bytes = 134217728, max_partitions_per_insert_block = 0, async_insert = 0`;

/**
 * Fills tables from `activity`, a month at a time, in memory that does not grow with the store. The ledger knows which
 * months are done; one that was cut off is removed and filled again, so `kill -9` at any point is made good by the next
 * start. `work` names it there; the caller forgets its steps when all is done.
 */
export async function fillTables(
  engine: Engine,
  ledger: Ledger,
  work: string,
  fillings: Readonly<Record<string, Filling>>,
  progress: OpeningProgress,
): Promise<void> {
  const done = new Set(await ledger.stepsOf(work));
  let mayHaveLeft = done.has('emptied');
  if (!mayHaveLeft) {
    for (const table of Object.keys(fillings)) await engine.run(`TRUNCATE TABLE trailport.${table}`);
    await ledger.endStep(work, 'emptied');
  }
  const months = await engine.rows<[number, string | number]>(
    'SELECT toYYYYMM(time) AS month, count() FROM trailport.activity GROUP BY month ORDER BY month',
  );
  const total = months.reduce((sum, [, rows]) => sum + Number(rows), 0);
  let copied = 0;
  progress('copying', copied, total);
  for (const [number, rows] of months) {
    if (!done.has(String(number))) {
      for (const [table, filling] of Object.entries(fillings)) {
        if (mayHaveLeft) await removeMonth(engine, table, filling, number);
        await engine.run(`INSERT INTO trailport.${table} (${filling.columns}) SELECT ${filling.select} ${settings}`, {
          month: number,
        });
      }
      await ledger.endStep(work, String(number));
      // Months are filled in their order: only the first that is not done can have been cut off.
      mayHaveLeft = false;
    }
    copied += Number(rows);
    progress('copying', copied, total);
  }
}

async function removeMonth(engine: Engine, table: string, { by }: Filling, number: number): Promise<void> {
  const hour = (addedMonths: number) =>
    Date.UTC(Math.floor(number / 100), (number % 100) - 1 + addedMonths) / 3_600_000;
  const rows = by === 'time' ? `toYYYYMM(time) = ${number}` : `hour >= ${hour(0)} AND hour < ${hour(1)}`;
  const [row] = await engine.rows<[string | number]>(`SELECT count() FROM trailport.${table} WHERE ${rows}`);
  if (Number(row?.[0] ?? 0) === 0) return;
  await engine.run(
    `DELETE FROM trailport.${table} WHERE ${rows} SETTINGS lightweight_deletes_sync = 2, mutations_sync = 2`,
  );
}
