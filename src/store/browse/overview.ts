import type { Source } from '../../domain/activity.ts';
import type { TenantId } from '../../domain/ids.ts';
import type { Overview, SourceOverview } from '../../domain/overview.ts';
import type { AskRows } from '../engine/engine.ts';
import { conditionAt, type Moment } from '../moment.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Gaps listed of one source: a list in an answer has an end. */
const mostGaps = 100;

/** The days (since 1970) of one source that have activities, in order, and the first and last hour of each. */
type Day = readonly [source: Source, day: number, rows: string | number, firstHour: number, lastHour: number];

/** What a tenant's store held at a moment: counted by the tally, and looked up where the tally ends. */
export async function overviewOf(rows: AskRows, tenant: TenantId, moment: Moment): Promise<Overview> {
  const days = await rows<Day>(
    `SELECT toString(source), toInt32(floor(hour / 24)) AS day, sum(its), min(hour), max(hour) FROM (
       SELECT source, hour, sum(rows) AS its FROM trailport.tally
       WHERE tenant = {tenant:String} AND by_write <= {lastWrite:UInt64} GROUP BY source, hour HAVING its > 0)
     GROUP BY source, day ORDER BY source, day`,
    { tenant, lastWrite: moment.write },
  );
  const bySource = Map.groupBy(days, ([source]) => source);
  const sources: SourceOverview[] = [];
  for (const [source, its] of bySource) {
    const { sql, bindings } = conditionAt(moment);
    const [row] = await rows<[number, number, string | number]>(
      `SELECT toFloat64(toUnixTimestamp64Milli(min(time))), toFloat64(toUnixTimestamp64Milli(max(time))),
         (SELECT sum(bitShiftRight(rank, 32)) FROM trailport.activity
          WHERE tenant = {tenant:String} AND source = {source:String} AND ${sql})
       FROM trailport.activity WHERE tenant = {tenant:String} AND source = {source:String} AND ${sql}
         AND (time < fromUnixTimestamp64Milli({firstEndMs:Int64}, 'UTC') OR time >= fromUnixTimestamp64Milli({lastMs:Int64}, 'UTC'))`,
      { tenant, source, ...bindings, firstEndMs: (its[0]![3] + 1) * hourMs, lastMs: its.at(-1)![4] * hourMs },
    );
    sources.push({
      source,
      rows: its.reduce((sum, day) => sum + Number(day[2]), 0),
      bytes: Number(row![2]),
      firstMs: row![0],
      lastMs: row![1],
      arrivedMs: null,
      ...gapsBetween(its.map((day) => day[1])),
    });
  }
  return { sources };
}

/** The runs of days that are missing in a list of days since 1970, in order. */
export function gapsBetween(days: readonly number[]): Pick<SourceOverview, 'missingDays' | 'gaps'> {
  const gaps = days.flatMap((day, i) => {
    const before = days[i - 1];
    return before === undefined || before + 1 >= day ? [] : [{ first: before + 1, last: day - 1 }];
  });
  return {
    missingDays: gaps.reduce((sum, { first, last }) => sum + last - first + 1, 0),
    gaps: gaps.slice(-mostGaps).map(({ first, last }) => ({ first: nameOf(first), last: nameOf(last) })),
  };
}

function nameOf(day: number): string {
  return new Date(day * dayMs).toISOString().slice(0, 10);
}
