import { type Check, inOrder, restoreBackup, toDo } from '../../domain/check.ts';
import { Failure } from '../../domain/failure.ts';
import { formatBytes, formatCount } from '../../kit/print.ts';
import type { Engine } from '../engine/engine.ts';
import { literal } from '../literal.ts';
import { tables } from '../schema/tables.ts';

/** Each table with its rows, parts, bytes and months, as the engine lists its parts. */
export async function checkTables(engine: Engine): Promise<Check[]> {
  const found = await engine.rows<[string, string, string, string, string, string]>(
    `SELECT table, toString(sum(rows)), toString(count()), toString(sum(bytes_on_disk)), min(partition), max(partition)
     FROM system.parts WHERE database = 'trailport' AND active GROUP BY table`,
  );
  return tables.map((table) => {
    const row = found.find(([name]) => name === table);
    if (row === undefined) return inOrder(`table ${table}`, 'no rows');
    const [, rows, parts, bytes, first, last] = row;
    const size = `${formatCount(Number(rows))} rows in ${formatCount(Number(parts))} parts, ${formatBytes(Number(bytes))}`;
    return inOrder(`table ${table}`, `${size}${spanOf(first, last)}`);
  });
}

/** `, 2025-01 to 2026-11` for partitions by month or year; nothing for a table with a single partition. */
function spanOf(first: string, last: string): string {
  if (!/^\d+$/.test(first)) return '';
  const written = (partition: string) => partition.replace(/^(\d{4})(\d\d)$/, '$1-$2');
  return first === last ? `, ${written(first)}` : `, ${written(first)} to ${written(last)}`;
}

/**
 * Parts that the engine has set aside because it could not read them, and changes of tables that do not end. With
 * `thorough`, the checksums of every file of every part are compared, which reads the whole store.
 */
export async function checkParts(engine: Engine, thorough: boolean, signal: AbortSignal): Promise<Check[]> {
  const name = 'parts';
  const aside = await engine.rows<[string, string]>(
    `SELECT table, name FROM system.detached_parts
     WHERE database = 'trailport' AND (startsWith(reason, 'broken') OR reason = 'noquorum')`,
  );
  const damaged = aside.map(([table, part]) => `${table} ${part}`);
  if (thorough) for (const table of tables) damaged.push(...(await damagedPartsOf(engine, table, signal)));
  const stuck = await engine.rows<[string]>(
    `SELECT DISTINCT table FROM system.mutations
     WHERE database = 'trailport' AND NOT is_done AND latest_fail_reason != ''`,
  );
  const checks: Check[] = [];
  if (damaged.length > 0) checks.push(toDo(name, `damaged: ${listOf(damaged)}`, restoreBackup));
  if (stuck.length > 0) {
    const finding = `rows of ${listOf(stuck.flat())} cannot be removed or changed`;
    checks.push(
      toDo('changes', finding, 'Read the log of the worker; free space in the data directory if the disk is full.'),
    );
  }
  if (damaged.length > 0) return checks;
  return [
    ...checks,
    inOrder(name, thorough ? 'every checksum is right' : 'none is set aside; --thorough compares checksums'),
  ];
}

/** ClickHouse's NO_SUCH_DATA_PART: a merge has replaced the part meanwhile. */
const noSuchPart = 232;

/** On a connection of its own, so that no other statement waits, and part by part, so that the signal ends it. */
async function damagedPartsOf(engine: Engine, table: string, signal: AbortSignal): Promise<string[]> {
  await using connection = engine.connect();
  const damaged: string[] = [];
  const parts = await engine.rows<[string]>(
    "SELECT name FROM system.parts WHERE database = 'trailport' AND active AND table = {table:String} ORDER BY name",
    { table },
  );
  for (const [part] of parts) {
    signal.throwIfAborted();
    const passed = await connection
      .rows<[string, number | boolean]>(
        `CHECK TABLE trailport.${table} PART ${literal(part)} SETTINGS check_query_single_value_result = 0`,
      )
      .catch((error) => {
        if (error instanceof Failure && error.code === 'store_damaged') return null;
        if ((error.cause as { clickhouseCode?: unknown } | undefined)?.clickhouseCode === noSuchPart) return [];
        throw error;
      });
    if (passed === null || passed.some(([, isWhole]) => !isWhole)) damaged.push(`${table} ${part}`);
  }
  return damaged;
}

const mostNamed = 10;

function listOf(names: readonly string[]): string {
  const more = names.length > mostNamed ? ` and ${names.length - mostNamed} more` : '';
  return `${names.slice(0, mostNamed).join(', ')}${more}`;
}

/** Whether another month like the last has space. The bytes of an activity are those of all tables. */
export async function checkGrowth(engine: Engine, monthly: number): Promise<Check> {
  const name = 'growth';
  const [row] = await engine.rows<[string | number, string | number]>(
    `SELECT sumIf(rows, table = 'activity'), sum(bytes_on_disk) FROM system.parts
     WHERE database = 'trailport' AND active`,
  );
  const [activities = 0, bytes = 0] = (row ?? []).map(Number);
  if (activities === 0) return inOrder(name, 'no activities yet');
  const [disk] = await engine.rows<[string | number]>('SELECT sum(free_space) FROM system.disks');
  const free = Number(disk?.[0] ?? 0);
  const needed = (monthly * bytes) / activities;
  const each = `${formatCount(Math.round(bytes / activities))} bytes an activity`;
  const finding = `${each}; a month like the last adds ${formatBytes(Math.round(needed))}`;
  if (free >= needed) return inOrder(name, finding);
  return toDo(name, `${finding}, and ${formatBytes(free)} are free`, 'Free space, or keep activities for fewer days.');
}
