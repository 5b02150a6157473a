import { readdir, rm } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { makePrivateDirectory } from '../../kit/files.ts';
import { copySqlite } from '../../kit/sqlite/sqlite.ts';
import type { Engine } from '../engine/engine.ts';
import { ledgerBusyMs, ledgerName, markerName } from '../place.ts';
import type { Removals } from '../removals.ts';
import { openLedger } from '../schema/open.ts';
import { schema, tables } from '../schema/tables.ts';
import { contentsOf, type StoreContent } from './contents.ts';

/**
 * A file of the frozen store. `name` is its path where `assembleStore` expects it, `path` where it lies now. `part` is, for
 * a file of a part of a table, the name of the file with the part's checksums.
 */
export type FrozenFile = { readonly name: string; readonly path: string; readonly part: string | null };

/** The store as it was at one moment, in files that do not change. Dispose of it once they are copied. */
export type FrozenStore = AsyncDisposable & {
  readonly schema: number;
  readonly files: readonly FrozenFile[];
  /** What every table holds at that moment, by reading every row. */
  contents(signal: AbortSignal): Promise<StoreContent[]>;
};

export const partsDirectory = 'parts';
const shadow = 'backup';

export type FreezeParts = {
  readonly engine: Engine;
  /** The directory of the store, which has the engine's and the ledger in it. */
  readonly directory: string;
  readonly removals: Removals;
};

/**
 * The ledger first, then the tables (hard links to their parts): the tables may have rows that this ledger does not know
 * as committed, but none that it knows is missing, because nothing is removed until it is disposed of. `into` is a
 * directory for the ledger's copy.
 */
export async function freezeStore(into: string, parts: FreezeParts): Promise<FrozenStore> {
  const { engine, directory, removals } = parts;
  const release = await removals.hold();
  const ledgerCopy = join(into, ledgerName);
  const dispose = async () => {
    release();
    await removeFrozen(directory);
  };
  try {
    await removeFrozen(directory);
    await makePrivateDirectory(into);
    await copySqlite(join(directory, ledgerName), ledgerCopy, ledgerBusyMs);
    const files: FrozenFile[] = [
      { name: ledgerName, path: ledgerCopy, part: null },
      { name: markerName, path: join(directory, markerName), part: null },
    ];
    for (const table of tables) {
      await engine.run(`ALTER TABLE trailport.${table} FREEZE WITH NAME '${shadow}'`);
      files.push(...(await filesOf(engine, directory, table)));
    }
    return {
      schema,
      files,
      contents: async (signal) => {
        await using ledger = openLedger(into);
        return await contentsOf(engine, ledger, signal);
      },
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** Removes what a backup that was cut off has frozen: it would keep the files of parts that merges have replaced. */
export function removeFrozen(directory: string): Promise<void> {
  return rm(join(directory, 'engine', 'shadow'), { recursive: true, force: true });
}

/** The frozen files of a table: below `shadow`, the engine repeats the path that the table's data has. */
async function filesOf(engine: Engine, directory: string, table: string): Promise<FrozenFile[]> {
  const sql = "SELECT data_paths[1] FROM system.tables WHERE database = 'trailport' AND name = {table:String}";
  const [row] = await engine.rows<[string]>(sql, { table });
  const enginePath = join(directory, 'engine');
  const from = join(enginePath, 'shadow', shadow, relative(enginePath, row![0]));
  const entries = await readdir(from, { recursive: true, withFileTypes: true }).catch((error) => {
    // A table without parts has no directory.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const [part, ...file] = relative(from, path).split(sep);
      const root = `${partsDirectory}/${table}/${part}`;
      return { name: `${root}/${file.join('/')}`, path, part: `${root}/checksums.txt` };
    });
}
