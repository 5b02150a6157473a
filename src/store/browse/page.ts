import { columnNames } from '../../domain/columns.ts';
import type { Page, PageAsk, PageRow } from '../../domain/page.ts';
import type { Bindings } from '../engine/engine.ts';
import { storedColumn } from '../rows/columns.ts';
import type { Lookup } from './lookup.ts';

/** A page ends early where its original records are longer together: a thousand of them may have 16 MiB each. */
const mostPageBytes = 2 * 2 ** 20;

/** The place of a row, its version and the bytes of its original record. */
type Found = readonly [timeMs: number, activityId: string, version: string | number, bytes: string | number];

/**
 * A page of the rows of a selection. The places of its rows are found first and their columns read after: finding reads
 * two narrow columns of every row that may be on the page, and the others of a hundred rows only.
 */
export async function pageOf(lookup: Lookup, ask: PageAsk): Promise<Page> {
  const found = await placesOf(lookup, ask);
  const fitting = fittingOf(found.slice(0, ask.limit));
  if (fitting.length === 0) return { rows: [], next: null };
  const rows = await rowsAt(lookup, fitting, ask);
  const [timeMs, activityId] = fitting.at(-1)!;
  return { rows, next: found.length > fitting.length ? { timeMs, activityId } : null };
}

/** One place more than the page holds says whether another page follows. */
function placesOf({ condition, rows }: Lookup, { order, limit, after }: PageAsk): Promise<Found[]> {
  const [direction, than] = order === 'newest' ? ['DESC', '<'] : ['ASC', '>'];
  const start =
    after === null
      ? ''
      : `AND time ${than}= fromUnixTimestamp64Milli({afterMs:Int64}, 'UTC')
         AND (time ${than} fromUnixTimestamp64Milli({afterMs:Int64}, 'UTC') OR activity_id ${than} {afterId:String})`;
  const bindings: Bindings = after === null ? {} : { afterMs: after.timeMs, afterId: after.activityId };
  return rows<Found>(
    `SELECT toFloat64(toUnixTimestamp64Milli(time)), activity_id, version, bitShiftRight(rank, 32)
     FROM trailport.activity WHERE ${condition.sql} ${start}
     ORDER BY time ${direction}, activity_id ${direction} LIMIT {limit:UInt32}`,
    { ...condition.bindings, ...bindings, limit: limit + 1 },
  );
}

/** As many as `mostPageBytes` allow, and at least one. */
function fittingOf(found: readonly Found[]): readonly Found[] {
  let bytes = 0;
  const end = found.findIndex((place) => {
    bytes += Number(place[3]);
    return bytes > mostPageBytes;
  });
  return end < 0 ? found : found.slice(0, Math.max(1, end));
}

const columns = columnNames.filter((name) => name !== 'raw' && name !== 'time');

async function rowsAt(lookup: Lookup, places: readonly Found[], { order, raw }: PageAsk): Promise<PageRow[]> {
  const bindings = {
    ...lookup.condition.bindings,
    times: [...new Set(places.map(([timeMs]) => timeMs))],
    versions: places.map(([, , version]) => Number(version)),
  };
  const at = `time IN (SELECT fromUnixTimestamp64Milli(arrayJoin({times:Array(Int64)}), 'UTC'))
    AND version IN {versions:Array(UInt64)}`;
  const direction = order === 'newest' ? 'DESC' : 'ASC';
  const list = columns.map((name) => `toString(${storedColumn(name)})`).join(', ');
  const read = await lookup.rows<[number, ...string[]]>(
    `SELECT toFloat64(toUnixTimestamp64Milli(time)), toString(source), ${raw ? 'raw' : "''"}, ${list}
     FROM trailport.activity WHERE ${lookup.condition.sql} AND ${at}
     ORDER BY time ${direction}, activity_id ${direction}`,
    bindings,
  );
  return read.map(([timeMs, source, original, ...values]) => ({
    ...(Object.fromEntries(columns.map((name, i) => [name, values[i]])) as Omit<PageRow, 'source' | 'timeMs' | 'raw'>),
    source: source as PageRow['source'],
    timeMs,
    raw: raw ? original! : null,
  }));
}
