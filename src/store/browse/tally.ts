import type { Bindings } from '../engine/engine.ts';
import type { Condition } from '../selection/condition.ts';

const hourMs = 3_600_000;
/** The start of an hour of the tally, as the column `time` of the rows. */
const startOfHour = "fromUnixTimestamp64Milli(toInt64(hour) * 3600000, 'UTC')";

/** What follows FROM, and the values it needs. */
export type Tallied = { readonly from: string; readonly bindings: Bindings };

/**
 * How many rows of a condition there are at each time: whole hours of the tally, and single rows of the hours that its
 * period cuts. The condition must be `plain`. The columns are `time` and `rows`.
 */
export function talliedRows({ sql, bindings, moment }: Condition): Tallied {
  const fromMs = (bindings.fromMs ?? null) as number | null;
  const untilMs = (bindings.untilMs ?? null) as number | null;
  const firstHour = fromMs === null ? null : Math.ceil(fromMs / hourMs);
  const endHour = untilMs === null ? null : Math.floor(untilMs / hourMs);
  const hours = ['tenant = {tenant:String} AND source = {source:String} AND by_write <= {lastWrite:UInt64}'];
  if (firstHour !== null) hours.push('hour >= {firstHour:Int32}');
  if (endHour !== null) hours.push('hour < {endHour:Int32}');
  const tallied = `SELECT ${startOfHour} AS time, sum(rows) AS rows FROM trailport.tally
    WHERE ${hours.join(' AND ')} GROUP BY hour HAVING rows != 0`;
  const edges: string[] = [];
  if (firstHour !== null && firstHour * hourMs !== fromMs)
    edges.push("time < fromUnixTimestamp64Milli({edgeFromMs:Int64}, 'UTC')");
  if (endHour !== null && endHour * hourMs !== untilMs)
    edges.push("time >= fromUnixTimestamp64Milli({edgeUntilMs:Int64}, 'UTC')");
  const single = `SELECT time, 1 AS rows FROM trailport.activity WHERE ${sql} AND (${edges.join(' OR ')})`;
  return {
    from: edges.length === 0 ? `(${tallied})` : `(${tallied} UNION ALL ${single})`,
    bindings: {
      ...bindings,
      lastWrite: moment.write,
      firstHour: firstHour ?? 0,
      endHour: endHour ?? 0,
      edgeFromMs: (firstHour ?? 0) * hourMs,
      edgeUntilMs: (endHour ?? 0) * hourMs,
    },
  };
}
