import type { TenantId } from '../../domain/ids.ts';
import type { Engine } from '../engine/engine.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { conditionAt, type Moment } from '../moment.ts';

/**
 * What a table holds of one tenant, source and month at the tenant's moment. `month` is such as `202611`. `sum` (modulo
 * 2^64) and `xor` are taken over a 64-bit hash of all columns of each row, and are decimal numbers: the rows are the same
 * when all three are.
 */
export type StoreContent = {
  readonly table: string;
  readonly tenant: string;
  readonly source: string;
  readonly month: string;
  readonly rows: number;
  readonly sum: string;
  readonly xor: string;
};

const monthOfTime = 'toYYYYMM(time)';
const monthOfHour = "toYYYYMM(fromUnixTimestamp64Milli(toInt64(hour) * 3600000, 'UTC'))";

/** The tables that are compared, and the month of their rows. A missing entry of `superseded` shows as a row too many. */
const months = {
  activity: monthOfTime,
  by_user: monthOfTime,
  by_object: monthOfTime,
  identity: monthOfHour,
  tally: monthOfHour,
} as const;
type Table = keyof typeof months;

/**
 * Reads every column of every row of every tenant, as they stand at the moments that a ledger names, each table and tenant
 * in a query of its own. Throws `store_damaged`, or the reason of the signal.
 */
export async function contentsOf(engine: Engine, ledger: Ledger, signal: AbortSignal): Promise<StoreContent[]> {
  const contents: StoreContent[] = [];
  const tenants = await engine.rows<[TenantId]>('SELECT DISTINCT tenant FROM trailport.activity ORDER BY tenant');
  for (const [tenant] of tenants) {
    const moment = await ledger.moment(tenant);
    for (const table of Object.keys(months) as Table[]) {
      contents.push(...(await contentOf(engine, table, tenant, moment, signal)));
    }
  }
  return contents;
}

async function contentOf(
  engine: Engine,
  table: Table,
  tenant: TenantId,
  moment: Moment,
  signal: AbortSignal,
): Promise<StoreContent[]> {
  const { sql: condition, bindings } = conditionOf(table, moment);
  const pieces: Uint8Array[] = [];
  const sql = `
    SELECT source, toString(month), toString(count()), toString(sum(hash)), toString(groupBitXor(hash)) FROM (
      SELECT source, ${months[table]} AS month, cityHash64(*) AS hash FROM trailport.${table}
      WHERE tenant = {tenant:String} AND ${condition}
    ) GROUP BY source, month ORDER BY source, month`;
  const query = { sql, bindings: { ...bindings, tenant }, format: 'JSONCompactEachRow' } as const;
  for await (const { bytes } of engine.stream(query, signal)) {
    pieces.push(bytes);
  }
  const lines = Buffer.concat(pieces).toString().split('\n');
  return lines
    .filter((line) => line !== '')
    .map((line) => {
      const [source, month, rows, sum, xor] = JSON.parse(line) as [string, string, string, string, string];
      return { table, tenant, source, month, rows: Number(rows), sum, xor };
    });
}

/** The rows of a table at a moment. */
function conditionOf(table: Table, moment: Moment): ReturnType<typeof conditionAt> {
  if (table === 'tally') return { sql: 'by_write <= {write:UInt64}', bindings: { write: moment.write } };
  const full = conditionAt(moment);
  if (table !== 'identity' || moment.exclusions.length === 0) return full;
  // The table has neither users nor times, by which an erasure excludes rows that are still there.
  const sql = `version IN (SELECT version FROM trailport.activity WHERE tenant = {tenant:String} AND ${full.sql})`;
  return { sql, bindings: full.bindings };
}

/** What differs between two lists of contents, one sentence each. */
export function differencesBetween(expected: readonly StoreContent[], found: readonly StoreContent[]): string[] {
  const keyOf = ({ table, tenant, source, month }: StoreContent) => JSON.stringify([table, tenant, source, month]);
  const left = new Map(found.map((content) => [keyOf(content), content]));
  const differences: string[] = [];
  for (const one of expected) {
    const other = left.get(keyOf(one));
    left.delete(keyOf(one));
    const place = placeOf(one);
    if (other === undefined) differences.push(`${place}: ${one.rows} rows expected, none found.`);
    else if (other.rows !== one.rows) differences.push(`${place}: ${one.rows} rows expected, ${other.rows} found.`);
    else if (other.sum !== one.sum || other.xor !== one.xor)
      differences.push(`${place}: ${one.rows} rows, of which some differ.`);
  }
  for (const other of left.values()) differences.push(`${placeOf(other)}: no rows expected, ${other.rows} found.`);
  return differences;
}

function placeOf({ table, tenant, source, month }: StoreContent): string {
  return `Table ${table}, tenant ${tenant}, ${source}, ${month.slice(0, 4)}-${month.slice(4)}`;
}
