import { columnNames } from '../../domain/columns.ts';
import type { Page, PageAsk, PageKey, PageOrder, PageRow } from '../../domain/page.ts';
import type { Access } from '../access/access.ts';
import { pageChoiceFor, type RowTable } from '../access/choice.ts';
import type { Bindings } from '../engine/engine.ts';
import { storedColumn } from '../rows/columns.ts';
import { windowsFor } from './windows.ts';

/** A page ends early where its original records are longer together: a thousand of them may have 16 MiB each. */
const mostPageBytes = 2 * 2 ** 20;

/** The place of a row, its version and the bytes of its original record. */
type Found = readonly [timeMs: number, activityId: string, version: string | number, bytes: string | number];

/**
 * A page of the rows of a selection. The places of its rows are found first and their columns read after: finding reads
 * two narrow columns of every row that may be on the page, and the others of a hundred rows only.
 */
export async function pageOf(access: Access, ask: PageAsk): Promise<Page> {
  const { found, table } = await placesOf(access, ask);
  const fitting = fittingOf(found.slice(0, ask.limit));
  if (fitting.length === 0) return { rows: [], next: null };
  const rows = await rowsAt(access, fitting, ask, table);
  const [timeMs, activityId] = fitting.at(-1)!;
  return { rows, next: found.length > fitting.length ? { timeMs, activityId } : null };
}

/**
 * In the table in order of time, a stretch of time with some thousand activities is looked through first, and longer ones
 * while they do not fill the page: without an end, the engine would open every month at once.
 */
async function placesOf(access: Access, ask: PageAsk): Promise<{ found: Found[]; table: RowTable }> {
  const { table } = access;
  const { lookThrough } = pageChoiceFor(table, table === 'by_object' ? await access.sizes() : {});
  if (table === 'activity' || lookThrough) {
    for (const edgeMs of await windowsFor(access, ask)) {
      const found = await placesIn(access, ask, 'activity', edgeMs);
      if (found.length > ask.limit) return { found, table: 'activity' };
    }
  }
  return { found: await placesIn(access, ask, table, null), table };
}

const sql = {
  newest: { direction: 'DESC', than: '<', edge: '>=' },
  oldest: { direction: 'ASC', than: '>', edge: '<' },
} as const satisfies Record<PageOrder, object>;

/** One place more than the page holds says whether another page follows. `edgeMs` is where the stretch of time ends. */
function placesIn(
  { condition, rows }: Access,
  { order, limit, after }: PageAsk,
  table: RowTable,
  edgeMs: number | null,
): Promise<Found[]> {
  const { direction, than, edge } = sql[order];
  const terms = [condition.sql];
  if (after !== null)
    terms.push(
      `time ${than}= ${at('afterMs')} AND (time ${than} ${at('afterMs')} OR activity_id ${than} {afterId:String})`,
    );
  if (edgeMs !== null) terms.push(`time ${edge} ${at('edgeMs')}`);
  return rows<Found>(
    `SELECT toFloat64(toUnixTimestamp64Milli(time)), activity_id, version, bitShiftRight(rank, 32)
     FROM trailport.${table} WHERE ${terms.join(' AND ')}
     ORDER BY time ${direction}, activity_id ${direction} LIMIT {limit:UInt32}`,
    { ...condition.bindings, ...bindingsOf(after), edgeMs: edgeMs ?? 0, limit: limit + 1 },
  );
}

function at(binding: string): string {
  return `fromUnixTimestamp64Milli({${binding}:Int64}, 'UTC')`;
}

function bindingsOf(after: PageKey | null): Bindings {
  return after === null ? {} : { afterMs: after.timeMs, afterId: after.activityId };
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

async function rowsAt(
  { condition, rows }: Access,
  places: readonly Found[],
  { order, raw }: PageAsk,
  table: RowTable,
): Promise<PageRow[]> {
  const bindings = {
    ...condition.bindings,
    times: [...new Set(places.map(([timeMs]) => timeMs))],
    versions: places.map(([, , version]) => Number(version)),
  };
  const { direction } = sql[order];
  const list = columns.map((name) => `toString(${storedColumn(name)})`).join(', ');
  const read = await rows<[number, ...string[]]>(
    `SELECT toFloat64(toUnixTimestamp64Milli(time)), toString(source), ${raw ? 'raw' : "''"}, ${list}
     FROM trailport.${raw ? 'activity' : table} WHERE ${condition.sql}
       AND time IN (SELECT fromUnixTimestamp64Milli(arrayJoin({times:Array(Int64)}), 'UTC'))
       AND version IN {versions:Array(UInt64)}
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
