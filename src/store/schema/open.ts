import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../domain/failure.ts';
import { writePrivateFile } from '../../kit/files.ts';
import type { Engine } from '../engine/engine.ts';
import { endErasedRemovals } from '../erase/removal.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { SqliteLedger } from '../ledger/sqlite/ledger.ts';
import { ledgerBusyMs, ledgerName, markerName } from '../place.ts';
import { rulesVersion } from '../rules/rules.ts';
import { endRemovals } from '../write/cleanup.ts';
import { endLeftWrite } from '../write/removal.ts';
import { damaged } from './counts.ts';
import type { OpeningProgress } from './fill.ts';
import { proveCounts } from './prove.ts';
import { applyRules } from './rules.ts';
import { dropLeftovers, moveFromSchema1 } from './schema-1.ts';
import { endMove, moveFromSchema2 } from './schema-2.ts';
import {
  activityTable,
  copyTable,
  identityTable,
  schema,
  supersededTable,
  tableStatements,
  tables,
  tallyTable,
  writeTable,
} from './tables.ts';

/** What `made.json` says: the schema, and the one before while its rows are being moved. */
type Made = { readonly schema: number; readonly from?: number };

/**
 * Makes the tables or moves them from an older schema, removes what an interrupted write left, and checks that the
 * tables have as many rows as the ledger says. `directory` holds the mark that the store was made. Throws
 * `store_damaged`.
 */
export async function openTables(
  engine: Engine,
  ledger: Ledger,
  directory: string,
  progress: OpeningProgress,
): Promise<void> {
  const made = madeIn(directory);
  await engine.run('CREATE DATABASE IF NOT EXISTS trailport');
  const engines = new Map(
    await engine.rows<[string, string]>("SELECT name, engine FROM system.tables WHERE database = 'trailport'"),
  );
  const moves = engines.has('write') && (made?.schema !== schema || made.from !== undefined);
  if (made !== null) assertThere(made, engines);
  if (engines.get('activity') === 'MergeTree') await dropLeftovers(engine);
  await engine.run(supersededTable);
  for (const table of [copyTable('by_user'), copyTable('by_object'), identityTable, tallyTable]) {
    await engine.run(table);
  }
  // Of an older schema, the table of activities last: where it is, the others must be.
  const isFirst = engines.get('activity') === 'ReplacingMergeTree';
  if (isFirst) {
    await engine.run(writeTable);
    await moveFromSchema1(engine, progress);
  } else await engine.run(activityTable('activity'));

  if (moves || isFirst) {
    // Versions that know only older schemas refuse the store from here on.
    await mark(directory, { schema, from: 2 });
    await moveFromSchema2(engine, ledger, progress);
  } else if ((await ledger.rules()) === null) await ledger.setRules(rulesVersion);
  await endLeft(engine, ledger);
  await applyRules(engine, ledger, progress);
  await proveCounts(engine, ledger);
  if (made?.schema !== schema || made.from !== undefined) await mark(directory, { schema });
  await endMove(engine, ledger);
}

/**
 * Makes the tables on a server. Where this is the only process, what an interrupted one left is removed; others may be at
 * work otherwise, and remove it when they meet it. Throws `store_damaged`.
 */
export async function openServerTables(
  engine: Engine,
  ledger: Ledger,
  isOnlyProcess: boolean,
  progress: OpeningProgress,
): Promise<void> {
  const rules = await ledger.rules();
  if (rules !== null) {
    const there = await engine.rows<[string]>("SELECT name FROM system.tables WHERE database = 'trailport'");
    const names = new Set(there.flat());
    for (const table of tables) if (!names.has(table)) throw damaged(`its table ${table} is gone`);
  } else {
    for (const table of tables) await engine.run(tableStatements[table]);
    await ledger.setRules(rulesVersion);
  }
  if (isOnlyProcess) await endLeft(engine, ledger);
  await applyRules(engine, ledger, progress);
  await proveCounts(engine, ledger);
}

/** Ends what an earlier process left. */
async function endLeft(engine: Engine, ledger: Ledger): Promise<void> {
  for (const open of await ledger.openWrites(null)) await endLeftWrite(engine, ledger, open);
  await endRemovals(engine, ledger);
  await endErasedRemovals(engine, ledger.erasures);
}

/**
 * Opens the ledger of a store: it must be there when the store was made with one. Throws `store_damaged` when the file is
 * gone or damaged.
 */
export function openLedger(directory: string): Ledger {
  const path = join(directory, ledgerName);
  if (madeIn(directory)?.schema === schema && !existsSync(path)) throw damaged('its list of writes is gone');
  try {
    return new SqliteLedger(path, ledgerBusyMs);
  } catch (error) {
    // https://sqlite.org/rescode.html: CORRUPT and NOTADB.
    const { errcode } = error as { readonly errcode?: number };
    throw errcode === 11 || errcode === 26 ? damaged('its list of writes cannot be read', error) : error;
  }
}

/** What the mark of a store says; null when it was not made. Throws `cannot_start` for a later version's. */
export function madeIn(directory: string): Made | null {
  const marker = join(directory, markerName);
  if (!existsSync(marker)) return null;
  const made = JSON.parse(readFileSync(marker, 'utf8')) as Made;
  if (made.schema <= schema) return made;
  throw new Failure(
    'cannot_start',
    `The store was made by a later version of Trailport (schema ${made.schema}); start that version.`,
  );
}

async function mark(directory: string, made: Made): Promise<void> {
  await writePrivateFile(join(directory, markerName), `${JSON.stringify(made)}\n`);
}

function assertThere(made: Made, engines: ReadonlyMap<string, string>): void {
  const olderTables =
    made.schema === 1 || engines.get('activity') === 'ReplacingMergeTree' ? [] : ['superseded', 'write'];
  const needed = made.schema === schema && made.from === undefined ? tables : ['activity', ...olderTables];
  for (const table of needed) if (!engines.has(table)) throw damaged(`its table ${table} is gone`);
}
