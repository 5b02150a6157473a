import type { Summary, SummaryAsk, SummaryKey } from '../../domain/summary.ts';
import type { Access } from '../access/access.ts';
import { isoWallHour, offsetMinutes, wallTime } from '../rows/time.ts';
import { boundedKey, boundedName } from './bounds.ts';
import { talliedRows } from './tally.ts';

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
export async function summaryOf(access: Access, ask: SummaryAsk): Promise<Summary> {
  const grouping = groupingFor(ask.by, ask.timeZone);
  const { from, condition } = access;
  if (grouping.isTime && condition.plain) {
    const tallied = talliedRows(condition);
    const summary = await countedBy(access, ask, grouping, { ...tallied, rows: 'sum(rows)' });
    if (summary !== null) return summary;
  }
  const counted = await countedBy(access, ask, grouping, { from, bindings: condition.bindings, rows: 'count()' });
  const { rows, ...rest } = counted!;
  if (grouping.spelling === null) return counted!;
  const names = await spellingsOf(
    access,
    grouping.key,
    grouping.spelling,
    rows.map(({ key }) => key),
  );
  return { rows: rows.map((row) => ({ ...row, key: names.get(row.key) ?? row.key })), ...rest };
}

/** Null where the hours of the tally are not hours of the zone. */
async function countedBy(
  access: Access,
  { top, timeZone }: SummaryAsk,
  { key, isTime }: Grouping,
  source: { readonly from: string; readonly bindings: object; readonly rows: string },
): Promise<Summary | null> {
  const isTallied = source.rows !== 'count()';
  const cut = isTallied && timeZone !== null ? `max(max(${offsetMinutes} % 60 != 0)) OVER ()` : '0';
  const found = await access.rows<[string, string | number, string | number, number]>(
    `SELECT ${key} AS key, ${source.rows} AS counted, sum(counted) OVER (), ${cut} FROM ${source.from}
     GROUP BY key ORDER BY ${isTime ? 'key DESC' : 'counted DESC, key'} LIMIT {top:UInt32}`,
    { ...source.bindings, ...(timeZone === null ? {} : { timeZone }), top },
  );
  if (found[0]?.[3] === 1) return null;
  const rows = found.map(([name, count]) => ({ key: name, count: Number(count) }));
  const total = Number(found[0]?.[2] ?? 0);
  const listed = rows.reduce((sum, { count }) => sum + count, 0);
  return { rows: isTime ? rows.reverse() : rows, others: total - listed, total };
}

/** The newest spelling of each key. Asked for the listed keys only: one for every object would fill the memory. */
async function spellingsOf(
  { condition, from, rows }: Access,
  key: string,
  column: string,
  keys: readonly string[],
): Promise<Map<string, string>> {
  const found = await rows<[string, string]>(
    `SELECT ${key} AS key, argMax(${boundedName(`toString(${column})`)}, (time, activity_id)) FROM ${from}
       AND key IN {keys:Array(String)} GROUP BY key`,
    { ...condition.bindings, keys },
  );
  return new Map(found);
}
