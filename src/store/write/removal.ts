import type { TenantId } from '../../domain/ids.ts';
import type { Engine } from '../engine/engine.ts';
import type { Ledger, OpenWrite } from '../ledger/ledger.ts';
import { literal } from '../literal.ts';
import { firstVersionOf } from '../moment.ts';
import { copies } from '../schema/tables.ts';

/**
 * The tables that hold one row for each version, in the order in which rows are removed: those that name the rows of
 * others last, so that a removal that was cut off finds what is left.
 */
export const versionTables = ['identity', ...Object.keys(copies), 'activity'] as const;

const sync = 'SETTINGS lightweight_deletes_sync = 2, mutations_sync = 2';

/**
 * Ends a write that was cut off, or whose process is gone. Its session ends first: none of its statements may arrive after
 * its rows have been removed.
 */
export async function endLeftWrite(engine: Engine, ledger: Ledger, left: OpenWrite): Promise<void> {
  if (left.session !== null) await engine.endSession(left.session);
  await removeWrite(engine, left);
  await ledger.abort(left.write);
}

/** Removes what a write left that was not committed. Nothing reads such rows, and the tenant has no later ones. */
async function removeWrite(engine: Engine, { tenant, write }: OpenWrite): Promise<void> {
  const versions = `version >= ${firstVersionOf(write)} AND version < ${firstVersionOf(write + 1)}`;
  for (const table of versionTables) await removeIfAny(engine, table, tenant, versions);
  for (const table of ['tally', 'superseded']) await removeIfAny(engine, table, tenant, `by_write = ${write}`);
}

/** Removes the versions of a tenant that writes up to `upTo` replaced. Safe to repeat. */
export async function removeReplaced(engine: Engine, tenant: TenantId, upTo: number): Promise<void> {
  for (const table of versionTables) await remove(engine, table, tenant, `version IN (${replacedUpTo(tenant, upTo)})`);
}

/** How many versions that is. */
export async function countReplaced(engine: Engine, tenant: TenantId, upTo: number): Promise<number> {
  return await countOf(engine, 'activity', tenant, `version IN (${replacedUpTo(tenant, upTo)})`);
}

/** Removes the entries that name those versions, once the versions are gone. */
export async function removeEntries(engine: Engine, tenant: TenantId, upTo: number): Promise<void> {
  await remove(engine, 'superseded', tenant, `by_write <= ${upTo}`);
}

export async function countEntries(engine: Engine, tenant: TenantId, upTo: number): Promise<number> {
  return await countOf(engine, 'superseded', tenant, `by_write <= ${upTo}`);
}

function replacedUpTo(tenant: TenantId, upTo: number): string {
  return `SELECT version FROM trailport.superseded WHERE tenant = ${literal(tenant)} AND by_write <= ${upTo}`;
}

async function removeIfAny(engine: Engine, table: string, tenant: TenantId, condition: string): Promise<void> {
  if ((await countOf(engine, table, tenant, condition)) > 0) await remove(engine, table, tenant, condition);
}

async function remove(engine: Engine, table: string, tenant: TenantId, condition: string): Promise<void> {
  await engine.run(`DELETE FROM trailport.${table} WHERE tenant = ${literal(tenant)} AND ${condition} ${sync}`);
}

async function countOf(engine: Engine, table: string, tenant: TenantId, condition: string): Promise<number> {
  const [row] = await engine.rows<[string | number]>(
    `SELECT count() FROM trailport.${table} WHERE tenant = ${literal(tenant)} AND ${condition}`,
  );
  return Number(row?.[0] ?? 0);
}
