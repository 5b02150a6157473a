import { type Check, inOrder, notChecked, restoreBackup, toDo } from '../../domain/check.ts';
import type { TenantId } from '../../domain/ids.ts';
import { formatCount } from '../../kit/print.ts';
import type { Engine } from '../engine/engine.ts';
import type { Ledger, OpenWrite } from '../ledger/ledger.ts';
import { conditionAt, firstVersionOf } from '../moment.ts';
import { copies } from '../schema/tables.ts';

const versionTables = ['activity', ...Object.keys(copies), 'identity'];

/** Whether each table has as many rows as the ledger's committed writes say. */
export async function checkRows(engine: Engine, ledger: Ledger): Promise<Check> {
  const name = 'rows';
  if ((await ledger.openRemovals(null)).length > 0) return notChecked(name, 'replaced versions are being removed');
  const pending = await ledger.erasures.pending(null);
  if (pending.some(({ removal }) => removal === 'begun'))
    return notChecked(name, 'erased activities are being removed');
  const stored = await ledger.stored();
  const open = await ledger.openWrites(null);
  const last = await ledger.lastNumber();
  const wrong: string[] = [];
  for (const table of versionTables) {
    const terms = [`version < ${firstVersionOf(last + 1)}`, ...open.map(outside('version', firstVersionOf))];
    const found = await countOf(engine, `${table} WHERE ${terms.join(' AND ')}`);
    if (found !== stored.versions) wrong.push(`${table} has ${formatCount(found)}`);
  }
  const terms = [`by_write <= ${last}`, ...open.map(outside('by_write', (write) => write))];
  const entries = await countOf(engine, `superseded WHERE ${terms.join(' AND ')}`);
  const versions = formatCount(stored.versions);
  if (wrong.length > 0) return toDo(name, `${wrong.join(', ')} rows where ${versions} were written`, restoreBackup);
  if (entries !== stored.superseded) {
    const finding = `superseded has ${formatCount(entries)} rows where ${formatCount(stored.superseded)} were written`;
    return toDo(name, finding, restoreBackup);
  }
  return inOrder(name, `${versions} in each of ${versionTables.length} tables, as the list of writes says`);
}

/** The condition that a row is not of an open write. */
function outside(column: string, boundOf: (write: number) => number): (open: OpenWrite) => string {
  return ({ write }) => `NOT (${column} >= ${boundOf(write)} AND ${column} < ${boundOf(write + 1)})`;
}

/** Whether the hourly counts of each tenant add up to the activities that it has. */
export async function checkTally(engine: Engine, ledger: Ledger): Promise<Check> {
  const name = 'hourly counts';
  const tenants = await engine.rows<[TenantId]>('SELECT DISTINCT tenant FROM trailport.activity');
  const wrong: string[] = [];
  let activities = 0;
  for (const [tenant] of tenants) {
    const moment = await ledger.moment(tenant);
    const { sql, bindings } = conditionAt(moment);
    const visible = await countOf(engine, `activity WHERE tenant = {tenant:String} AND ${sql}`, {
      ...bindings,
      tenant,
    });
    const [row] = await engine.rows<[string | number]>(
      'SELECT sum(rows) FROM trailport.tally WHERE tenant = {tenant:String} AND by_write <= {write:UInt64}',
      { tenant, write: moment.write },
    );
    activities += visible;
    if (visible !== Number(row?.[0] ?? 0)) wrong.push(tenant);
  }
  if (wrong.length > 0) return toDo(name, `do not add up for ${wrong.slice(0, 10).join(', ')}`, restoreBackup);
  return inOrder(name, `${formatCount(activities)} activities of ${formatCount(tenants.length)} tenants`);
}

/** Writes, removals and erasures that have begun and not ended. */
export async function checkUnfinished(ledger: Ledger, isServed: boolean): Promise<Check> {
  const name = 'writes';
  const open = (await ledger.openWrites(null)).length;
  const removals = (await ledger.openRemovals(null)).length;
  const erasures = (await ledger.erasures.pending(null)).length;
  const begun = `${formatCount(await ledger.lastNumber())} begun, ${open} not ended`;
  const finding = `${begun}; not ended: ${removals} removals of replaced versions, ${erasures} erasures`;
  if (isServed || open + removals + erasures === 0) return inOrder(name, finding);
  return toDo(name, finding, 'Start the service: it removes what they left and ends the rest.');
}

async function countOf(
  engine: Engine,
  from: string,
  bindings: Readonly<Record<string, unknown>> = {},
): Promise<number> {
  const [row] = await engine.rows<[string | number]>(`SELECT count() FROM trailport.${from}`, bindings);
  return Number(row?.[0] ?? 0);
}
