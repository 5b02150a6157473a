import type { Source } from '../../domain/activity.ts';
import type { TenantId } from '../../domain/ids.ts';
import type { Overview, SourceOverview } from '../../domain/overview.ts';
import type { Bindings } from '../engine/engine.ts';
import { conditionAt, type Moment } from '../moment.ts';

const dayMs = 86_400_000;
/** Gaps listed of one source: a list in an answer has an end. */
const mostGaps = 100;

export async function overviewOf(
  rows: <T>(sql: string, bindings: Bindings) => Promise<T[]>,
  tenant: TenantId,
  moment: Moment,
): Promise<Overview> {
  const { sql, bindings } = conditionAt(moment);
  const found = await rows<[Source, number, string | number, string | number, number, number]>(
    `SELECT toString(source), toInt32(toDate32(time)) AS day, count(), sum(bitShiftRight(rank, 32)),
       toFloat64(toUnixTimestamp64Milli(min(time))), toFloat64(toUnixTimestamp64Milli(max(time)))
     FROM trailport.activity WHERE tenant = {tenant:String} AND ${sql}
     GROUP BY source, day ORDER BY source, day`,
    { tenant, ...bindings },
  );
  const bySource = Map.groupBy(found, ([source]) => source);
  return {
    sources: [...bySource].map(
      ([source, days]): SourceOverview => ({
        source,
        rows: days.reduce((sum, day) => sum + Number(day[2]), 0),
        bytes: days.reduce((sum, day) => sum + Number(day[3]), 0),
        firstMs: days[0]![4],
        lastMs: days.at(-1)![5],
        arrivedMs: null,
        ...gapsBetween(days.map((day) => day[1])),
      }),
    ),
  };
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
