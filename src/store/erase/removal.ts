import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../domain/failure.ts';
import type { TenantId } from '../../domain/ids.ts';
import type { Engine } from '../engine/engine.ts';
import type { Erasures, PendingErasure } from '../ledger/erasures.ts';
import { literal } from '../literal.ts';
import { firstVersionOf } from '../moment.ts';
import { userHash } from './user-hash.ts';

/**
 * The tables that hold erased activities, in the order of their removal: `activity` last, because the others are
 * searched by its rows and the removal must find them again after it was cut off.
 */
const tables = ['superseded', 'identity', 'by_object', 'by_user', 'activity'] as const;
/** Those that hold texts, or what is computed from them. */
const withTexts = ['identity', 'by_object', 'by_user', 'activity'] as const;

const sync = 'SETTINGS mutations_sync = 2';

/** How often to look whether the engine has removed old files. */
const lookMs = 200;

/**
 * Removes the activities of a pending erasure from every table. What reads an older moment must have ended, and no
 * other removal of the tenant may be half done. Safe to repeat.
 */
export async function removeErasedRows(engine: Engine, erasures: Erasures, erasure: PendingErasure): Promise<void> {
  if (erasure.removal === 'ended') return;
  const rows = await rowsOf(erasures, erasure);
  const conditions = {
    superseded: `tenant = ${literal(erasure.tenant)} AND version IN (SELECT version FROM trailport.activity
      WHERE ${rows} AND version IN (SELECT version FROM trailport.superseded WHERE tenant = ${literal(erasure.tenant)}))`,
    identity: identitiesOf(erasure, rows),
    by_object: rows,
    by_user: rows,
    activity: rows,
  } as const satisfies Record<(typeof tables)[number], string>;
  const [[versions], [superseded]] = [
    (await engine.rows<[string | number]>(`SELECT count() FROM trailport.activity WHERE ${rows}`))[0]!,
    (
      await engine.rows<[string | number]>(`SELECT count() FROM trailport.superseded WHERE ${conditions.superseded}`)
    )[0]!,
  ];
  await erasures.beginRemoval(erasure.write, { versions: Number(versions), superseded: Number(superseded) });
  for (const table of tables) {
    await engine.run(`ALTER TABLE trailport.${table} DELETE WHERE ${conditions[table]} ${sync}`);
  }
  await erasures.endRemoval(erasure.write);
}

/** What is erased of a tenant but may still be in the tables, as a condition for each; null when there is nothing. */
export async function stillInTables(
  erasures: Erasures,
  tenant: TenantId,
): Promise<{ readonly activity: string; readonly identity: string } | null> {
  const pending = (await erasures.pending(tenant)).filter(({ removal }) => removal !== 'ended');
  if (pending.length === 0) return null;
  const rows = await Promise.all(pending.map((erasure) => rowsOf(erasures, erasure)));
  const identities = pending.map((erasure, i) => identitiesOf(erasure, rows[i]!));
  const any = (conditions: readonly string[]) => `(${conditions.map((condition) => `(${condition})`).join(' OR ')})`;
  return { activity: any(rows), identity: any(identities) };
}

/** Ends the removals that were cut off; at opening, when nobody reads. */
export async function endErasedRemovals(engine: Engine, erasures: Erasures): Promise<void> {
  for (const erasure of await erasures.pending(null)) {
    if (erasure.removal === 'begun') await removeErasedRows(engine, erasures, erasure);
  }
}

/**
 * Removes from the disk what is removed from the tables: rows of other removals, which the engine only marks as deleted,
 * and the files of parts that were replaced. Throws `too_busy` when queries hold such files for longer than `mostWaitMs`.
 */
export async function removeErasedFiles(engine: Engine, mostWaitMs: number, signal: AbortSignal): Promise<void> {
  for (const table of withTexts) await engine.run(`ALTER TABLE trailport.${table} APPLY DELETED MASK ${sync}`);
  for (const table of withTexts) await removeOldFiles(engine, table, mostWaitMs, signal);
}

/** Removes the hourly counts of an erased tenant: together they are zero from its erasure on. */
export async function removeTally(engine: Engine, { tenant, write }: PendingErasure): Promise<void> {
  await engine.run(
    `ALTER TABLE trailport.tally DELETE WHERE tenant = ${literal(tenant)} AND by_write <= ${write} ${sync}`,
  );
}

/**
 * The rows of an erasure in `activity` and its copies. The condition has no text of the user's: the engine keeps it in a
 * file.
 */
async function rowsOf(erasures: Erasures, { tenant, write, userHash: hash, beforeMs }: PendingErasure) {
  const terms = [`tenant = ${literal(tenant)}`, `version < ${firstVersionOf(write)}`];
  if (hash !== null) terms.push(`${userHash(await erasures.hashKey(), 'user_key')} = ${literal(hash)}`);
  if (beforeMs !== null) terms.push(`time < fromUnixTimestamp64Milli(${beforeMs}, 'UTC')`);
  return terms.join(' AND ');
}

const hourMs = 3_600_000;

/**
 * The same in `identity`, which has no user and of the time only the hour. `rows` is the condition over `activity`: where
 * many are erased, hardly any of its versions are looked up.
 */
function identitiesOf({ tenant, write, userHash: hash, beforeMs }: PendingErasure, rows: string): string {
  const ofTenant = `tenant = ${literal(tenant)} AND version < ${firstVersionOf(write)}`;
  if (hash !== null) return `${ofTenant} AND version IN (SELECT version FROM trailport.activity WHERE ${rows})`;
  if (beforeMs === null) return ofTenant;
  const hour = Math.floor(beforeMs / hourMs);
  return `${ofTenant} AND (hour < ${hour} OR hour = ${hour} AND version IN (SELECT version FROM trailport.activity
    WHERE ${rows} AND time >= fromUnixTimestamp64Milli(${hour * hourMs}, 'UTC')))`;
}

/**
 * Removes the files of parts that a removal has replaced. The engine leaves them until its next clean-up, which is
 * minutes away; dropping a partition that does not exist runs it now. A query that reads such a part holds it.
 */
async function removeOldFiles(engine: Engine, table: string, mostWaitMs: number, signal: AbortSignal): Promise<void> {
  const old = `SELECT name FROM system.parts WHERE database = 'trailport' AND table = ${literal(table)} AND NOT active`;
  let left = (await engine.rows<[string]>(old)).map(([name]) => name);
  const untilMs = performance.now() + mostWaitMs;
  for (;;) {
    await engine.run(`ALTER TABLE trailport.${table} DROP PARTITION ID '0'`);
    const there = new Set((await engine.rows<[string]>(old)).map(([name]) => name));
    left = left.filter((name) => there.has(name));
    if (left.length === 0) return;
    if (performance.now() >= untilMs) {
      const message = 'Reports that are being made still read files with erased activities; they are removed later.';
      throw new Failure('too_busy', message);
    }
    await delay(lookMs, undefined, { signal });
  }
}
