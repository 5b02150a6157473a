import { existsSync, readFileSync } from 'node:fs';
import { Failure } from '../../domain/failure.ts';
import { writePrivateFile } from '../../kit/files.ts';
import type { Engine } from '../engine/engine.ts';
import { firstVersionOf } from '../moment.ts';
import { ruledColumns, rulesVersion } from '../rules/rules.ts';
import { stagingTables } from '../write/statements.ts';
import { dropLeftovers, moveFromSchema1, type OpeningProgress } from './migrate.ts';
import { activityTable, copyTable, identityTable, supersededTable, tallyTable, writeTable } from './tables.ts';

const schema = 2;

/**
 * Makes the tables or moves them from an older schema, removes what an interrupted write left, and checks that there
 * are as many rows as the writes say. Returns the number of the last whole write. Throws `store_damaged`.
 */
export async function openTables(engine: Engine, marker: string, progress: OpeningProgress): Promise<number> {
  const made = existsSync(marker) ? (JSON.parse(readFileSync(marker, 'utf8')) as { schema: number }).schema : null;
  if (made !== null && made > schema) {
    throw new Failure(
      'cannot_start',
      `The store was made by a later version of Trailport (schema ${made}); start that version.`,
    );
  }
  await engine.run('CREATE DATABASE IF NOT EXISTS trailport');
  const engines = new Map(
    await engine.rows<[string, string]>("SELECT name, engine FROM system.tables WHERE database = 'trailport'"),
  );
  const activityEngine = engines.get('activity');
  if (activityEngine === undefined && made !== null) throw damaged('its table of activities is gone');
  if (activityEngine === 'MergeTree') {
    for (const table of ['superseded', 'write']) if (!engines.has(table)) throw damaged(`its table ${table} is gone`);
    await dropLeftovers(engine);
  }
  // The table of activities last: where it is, the others must be.
  await engine.run(supersededTable);
  await engine.run(writeTable);
  for (const table of [copyTable('by_user'), copyTable('by_object'), identityTable, tallyTable])
    await engine.run(table);
  if (activityEngine === 'ReplacingMergeTree') await moveFromSchema1(engine, progress);
  else await engine.run(activityTable('activity'));
  for (const statement of stagingTables) await engine.run(statement);
  const last = await lastWrite(engine);
  await removeUncommitted(engine, last);
  await proveWhole(engine, last);
  await applyRules(engine, progress);
  if (made !== schema) await writePrivateFile(marker, `${JSON.stringify({ schema })}\n`);
  return last;
}

/** Removes what a write left that was not committed. Nothing reads such rows, so it may be done at any time. */
export async function removeUncommitted(engine: Engine, last: number): Promise<void> {
  const sync = 'SETTINGS lightweight_deletes_sync = 2, mutations_sync = 2';
  for (const [table, condition] of [
    ['activity', `version >= ${firstVersionOf(last + 1)}`],
    ['superseded', `by_write > ${last}`],
    // A commit whose answer was an error may be there all the same.
    ['write', `number > ${last}`],
  ]) {
    if ((await numbers(engine, `SELECT count() FROM trailport.${table} WHERE ${condition}`))[0] === 0) continue;
    await engine.run(`DELETE FROM trailport.${table} WHERE ${condition} ${sync}`);
  }
}

async function lastWrite(engine: Engine): Promise<number> {
  const [count = 0, first = 0, last = 0] = await numbers(
    engine,
    'SELECT count(), min(number), max(number) FROM trailport.write',
  );
  if (count > 0 && last - first + 1 !== count) throw damaged('the list of its writes has gaps');
  const [newest = 0] = await numbers(engine, 'SELECT max(version) FROM trailport.activity');
  // One write at most can have been cut off.
  if (newest >= firstVersionOf(last + 2)) throw damaged('the list of its writes has lost its end');
  return last;
}

/** Cleaning up changes neither side, so a difference means that rows or whole parts were lost on disk. */
async function proveWhole(engine: Engine, last: number): Promise<void> {
  const [written = 0] = await numbers(engine, 'SELECT sum(added) - sum(replaced) FROM trailport.write');
  const [stand = 0] = await numbers(
    engine,
    `SELECT count() FROM trailport.activity
     WHERE version < ${firstVersionOf(last + 1)} AND version NOT IN (SELECT version FROM trailport.superseded)`,
  );
  if (stand !== written) throw damaged(`it holds ${stand} activities where ${written} were written`);
}

/** Computes columns again whose rules have changed since their rows were stored. */
async function applyRules(engine: Engine, progress: OpeningProgress): Promise<void> {
  const [old = 0] = await numbers(engine, `SELECT count() FROM trailport.activity WHERE rules != ${rulesVersion}`);
  if (old === 0) return;
  progress('applying rules', 0, old);
  const changes = Object.entries(ruledColumns).map(([column, rule]) => `${column} = ${rule}`);
  await engine.run(
    `ALTER TABLE trailport.activity UPDATE ${changes.join(', ')} WHERE rules != ${rulesVersion}
     SETTINGS mutations_sync = 2`,
  );
  progress('applying rules', old, old);
}

async function numbers(engine: Engine, sql: string): Promise<number[]> {
  const [row] = await engine.rows<(string | number)[]>(sql);
  return (row ?? []).map(Number);
}

function damaged(what: string): Failure {
  return new Failure('store_damaged', `The store is damaged: ${what}; restore the data directory from a backup.`);
}
