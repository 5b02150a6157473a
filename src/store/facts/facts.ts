import type { Access } from '../access/access.ts';

/** How many rows there are of each kind. */
export type Counts = {
  readonly rows: readonly { readonly key: string; readonly count: number }[];
  /** Rows of the kinds that are not listed. */
  readonly others: number;
};

/** What is known of all rows of a condition. Times in ms since 1970, null when there is no row. */
export type Facts = {
  readonly rows: number;
  readonly firstMs: number | null;
  readonly lastMs: number | null;
  readonly milliseconds: boolean;
  readonly care: number;
};

/** The facts of the rows of one activity on one day (UTC). */
export type Group = Facts & { readonly activity: string; readonly day: string };

/** More groups than this are not worth holding: then the facts and the counts are asked for one by one. */
const mostGroups = 20_000;

const facts = `count(), toFloat64(toUnixTimestamp64Milli(min(time))), toFloat64(toUnixTimestamp64Milli(max(time))),
  groupBitOr(care), max(toUnixTimestamp64Milli(time) % 1000 != 0)`;

type FactsRow = [count: string | number, firstMs: number, lastMs: number, care: number, milliseconds: number];

/** Facts and counts in one reading of the rows; null when there are too many groups. */
export async function groupsOf({ rows: ask, from, condition: { bindings } }: Access): Promise<Group[] | null> {
  const rows = await ask<[string, string, ...FactsRow]>(
    `SELECT toString(activity), toString(toDate32(time)) AS day, ${facts} FROM ${from}
     GROUP BY activity, day LIMIT ${mostGroups + 1}`,
    bindings,
  );
  if (rows.length > mostGroups) return null;
  return rows.map(([activity, day, ...row]) => ({ activity, day, ...factsOfRow(row) }));
}

export async function factsOf({ rows, from, condition: { bindings } }: Access): Promise<Facts> {
  const [row] = await rows<FactsRow>(`SELECT ${facts} FROM ${from}`, bindings);
  return row === undefined ? none : factsOfRow(row);
}

const none: Facts = { rows: 0, firstMs: null, lastMs: null, milliseconds: false, care: 0 };

function factsOfRow([count, firstMs, lastMs, care, milliseconds]: FactsRow): Facts {
  const rows = Number(count);
  return rows === 0 ? none : { rows, firstMs, lastMs, milliseconds: milliseconds === 1, care };
}

export function factsFrom(groups: readonly Group[]): Facts {
  return groups.reduce<Facts>(
    (all, group) => ({
      rows: all.rows + group.rows,
      firstMs: Math.min(all.firstMs ?? Number.POSITIVE_INFINITY, group.firstMs!),
      lastMs: Math.max(all.lastMs ?? Number.NEGATIVE_INFINITY, group.lastMs!),
      milliseconds: all.milliseconds || group.milliseconds,
      care: all.care | group.care,
    }),
    none,
  );
}

/** The most frequent activities, most first and then by name, or the latest days, oldest first. */
export function countsFrom(groups: readonly Group[], by: 'activity' | 'day', most: number): Counts {
  const counts = new Map<string, number>();
  for (const group of groups) counts.set(group[by], (counts.get(group[by]) ?? 0) + group.rows);
  const byName = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
  const all = [...counts].map(([key, count]) => ({ key, count }));
  all.sort(by === 'day' ? (a, b) => byName(b.key, a.key) : (a, b) => b.count - a.count || byName(a.key, b.key));
  const rows = all.slice(0, most);
  const others = all.slice(most).reduce((sum, { count }) => sum + count, 0);
  return { rows: by === 'day' ? rows.reverse() : rows, others };
}

/** The same, asked of the engine. */
export async function countsOf(
  { rows: ask, from, condition: { bindings } }: Access,
  by: 'activity' | 'day',
  most: number,
): Promise<Counts> {
  const [key, order] =
    by === 'day' ? ['toString(toDate32(time))', 'key DESC'] : ['toString(activity)', 'rows DESC, key'];
  const found = await ask<[string, string | number, string | number]>(
    `SELECT ${key} AS key, count() AS rows, sum(rows) OVER () FROM ${from} GROUP BY key ORDER BY ${order}
     LIMIT {most:UInt32}`,
    { ...bindings, most },
  );
  const rows = found.map(([name, count]) => ({ key: name, count: Number(count) }));
  const listed = rows.reduce((sum, { count }) => sum + count, 0);
  return { rows: by === 'day' ? rows.reverse() : rows, others: Number(found[0]?.[2] ?? 0) - listed };
}
