import type { PageAsk } from '../../domain/page.ts';
import type { Access } from '../access/access.ts';

/** How many activities of the tenant and source a stretch of time has, one stretch after the other. */
const targets = [10_000, 160_000] as const;
const hourMs = 3_600_000;

/**
 * Where the stretches of time end in which a page is looked for, the shortest first, in ms since 1970. The tally says how many activities each hour has, so nothing else is read.
 */
export async function windowsFor(
  { condition: { bindings, moment }, rows }: Access,
  { order, after }: PageAsk,
): Promise<readonly number[]> {
  const isNewest = order === 'newest';
  const [direction, first] = isNewest ? ['DESC', 'max'] : ['ASC', 'min'];
  const startMs = (after?.timeMs ?? bindings[isNewest ? 'untilMs' : 'fromMs'] ?? null) as number | null;
  const start = startMs === null ? '' : `AND hour ${isNewest ? '<=' : '>='} {startHour:Int32}`;
  const edges = targets.map(
    (target) => `if(countIf(upTo >= ${target}) = 0, NULL, ${first}If(hour, upTo >= ${target}))`,
  );
  const [row] = await rows<(number | null)[]>(
    `SELECT ${edges.join(', ')} FROM (
       SELECT hour, sum(its) OVER (ORDER BY hour ${direction}) AS upTo FROM (
         SELECT hour, sum(rows) AS its FROM trailport.tally
         WHERE tenant = {tenant:String} AND source = {source:String} AND by_write <= {lastWrite:UInt64} ${start}
         GROUP BY hour))`,
    { ...bindings, lastWrite: moment.write, startHour: startMs === null ? 0 : Math.floor(startMs / hourMs) },
  );
  const hours = [...new Set((row ?? []).filter((hour) => hour !== null))];
  return hours.map((hour) => (isNewest ? hour : hour + 1) * hourMs);
}
