import type { Summary, SummaryAsk, SummaryKey } from '../../domain/summary.ts';
import { isoWallHour, wallTime } from '../rows/time.ts';
import { boundedKey, boundedName } from './bounds.ts';
import type { Lookup } from './lookup.ts';

/** What rows are grouped by, and the column that names a group whose rows spell it in several ways. */
type Grouping = { readonly key: string; readonly spelling: string | null; readonly isTime: boolean };

function groupingFor(by: SummaryKey, timeZone: string | null): Grouping {
  switch (by) {
    case 'day':
      return time(`toString(toDate32(${timeZone === null ? 'time' : wallTime}))`);
    case 'hour':
      return time(timeZone === null ? "formatDateTime(time, '%Y-%m-%dT%H:00Z')" : isoWallHour);
    case 'user':
      return { key: boundedKey('toString(user_key)'), spelling: 'user', isTime: false };
    case 'object':
      return { key: `hex(${boundedKey('object_key')})`, spelling: 'object', isTime: false };
    case 'activity':
      return text('activity');
    case 'service':
      return text('service');
    case 'clientIp':
      return text('client_ip');
  }
}

const time = (key: string): Grouping => ({ key, spelling: null, isTime: true });
const text = (column: string): Grouping => ({ key: boundedName(`toString(${column})`), spelling: null, isTime: false });

/** Counts of the rows of a selection by one key. */
export async function summaryOf(lookup: Lookup, { by, top, timeZone }: SummaryAsk): Promise<Summary> {
  const { key, spelling, isTime } = groupingFor(by, timeZone);
  const { condition } = lookup;
  const bindings = { ...condition.bindings, ...(timeZone === null ? {} : { timeZone }) };
  const found = await lookup.rows<[string, string | number, string | number]>(
    `SELECT ${key} AS key, count() AS rows, sum(rows) OVER () FROM trailport.activity WHERE ${condition.sql}
     GROUP BY key ORDER BY ${isTime ? 'key DESC' : 'rows DESC, key'} LIMIT {top:UInt32}`,
    { ...bindings, top },
  );
  const counted = found.map(([name, count]) => ({ key: name, count: Number(count) }));
  const names =
    spelling === null
      ? null
      : await spellingsOf(
          lookup,
          key,
          spelling,
          counted.map((row) => row.key),
        );
  const rows = counted.map((row) => ({ ...row, key: names?.get(row.key) ?? row.key }));
  const total = Number(found[0]?.[2] ?? 0);
  const listed = rows.reduce((sum, { count }) => sum + count, 0);
  return { rows: isTime ? rows.reverse() : rows, others: total - listed, total };
}

/** The newest spelling of each key. Asked for the listed keys only: one for every object would fill the memory. */
async function spellingsOf(
  { condition, rows }: Lookup,
  key: string,
  column: string,
  keys: readonly string[],
): Promise<Map<string, string>> {
  const found = await rows<[string, string]>(
    `SELECT ${key} AS key, argMax(${boundedName(`toString(${column})`)}, (time, activity_id)) FROM trailport.activity
     WHERE ${condition.sql} AND key IN {keys:Array(String)} GROUP BY key`,
    { ...condition.bindings, keys },
  );
  return new Map(found);
}
