import { existsSync } from 'node:fs';
import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../domain/failure.ts';
import { ChdbEngine } from '../engine/chdb/chdb.ts';
import type { Engine } from '../engine/engine.ts';
import { firstVersionOf } from '../moment.ts';
import { markerName } from '../place.ts';
import { openLedger } from '../schema/open.ts';
import { schema, tableStatements, tables } from '../schema/tables.ts';
import { contentsOf, type StoreContent } from './contents.ts';
import { partsDirectory } from './freeze.ts';

const sync = 'SETTINGS lightweight_deletes_sync = 2, mutations_sync = 2';

export type AssembleOptions = {
  readonly signal: AbortSignal;
  readonly onStep: (step: string) => void;
};

/**
 * Makes the files of a frozen store, which lie in `directory` under their names, into a store there, and reads every row
 * of it. The rows are compared by who called: nothing is recovered or brought up to date yet. Throws `store_damaged`, and
 * `cannot_start` for a store of another schema.
 */
export async function assembleStore(directory: string, { signal, onStep }: AssembleOptions): Promise<StoreContent[]> {
  const made = (JSON.parse(await readFile(join(directory, markerName), 'utf8')) as { schema: number }).schema;
  if (made !== schema) {
    const message = `The backup has a store of schema ${made}, and this version of Trailport restores schema ${schema}; restore it with the version that made it, then start this one.`;
    throw new Failure('cannot_start', message);
  }
  await using ledger = openLedger(directory);
  await using engine = new ChdbEngine(join(directory, 'engine'));
  await engine.run('CREATE DATABASE IF NOT EXISTS trailport');
  for (const table of tables) {
    await engine.run(tableStatements[table]);
    await attachParts(engine, join(directory, partsDirectory, table), table);
    onStep('table attached');
  }
  await removeUnknown(engine, (await ledger.lastNumber()) + 1);
  await rm(join(directory, partsDirectory), { recursive: true, force: true });
  onStep('parts attached');
  return await contentsOf(engine, ledger, signal);
}

async function attachParts(engine: Engine, from: string, table: string): Promise<void> {
  if (!existsSync(from)) return;
  const sql = "SELECT data_paths[1] FROM system.tables WHERE database = 'trailport' AND name = {table:String}";
  const [row] = await engine.rows<[string]>(sql, { table });
  for (const part of await readdir(from)) await rename(join(from, part), join(row![0], 'detached', part));
  await engine.run(`ALTER TABLE trailport.${table} ATTACH PARTITION ALL`);
}

/**
 * Removes rows of writes that the ledger does not know: they were added after it was copied, and their numbers will be
 * given again.
 */
async function removeUnknown(engine: Engine, next: number): Promise<void> {
  for (const table of tables) {
    const byWrite = table === 'superseded' || table === 'tally';
    const unknown = byWrite ? `by_write >= ${next}` : `version >= ${firstVersionOf(next)}`;
    const [found] = await engine.rows<[string | number]>(`SELECT count() FROM trailport.${table} WHERE ${unknown}`);
    if (Number(found?.[0]) > 0) await engine.run(`DELETE FROM trailport.${table} WHERE ${unknown} ${sync}`);
  }
}
