import type { Client } from '../client.ts';
import type { Plain } from '../naive.ts';
import { folded, pathOf } from './matching.ts';

const pageSize = 97;
/** The most keys that a summary lists. */
export const mostKeys = 1000;
export const summaryKeys = ['day', 'hour', 'user', 'activity', 'service', 'object', 'clientIp'] as const;
export type SummaryKey = (typeof summaryKeys)[number];

type Query = Readonly<Record<string, string | readonly string[]>>;
type Row = Readonly<Record<string, string>>;

/** Every activity of every page, in the order of the pages. */
export async function pagesOf(client: Client, query: Query, order: 'newest' | 'oldest'): Promise<Row[]> {
  const rows: Row[] = [];
  for (let after: string | null = ''; after !== null; ) {
    const path = `/insights/activities?${parametersOf({ ...query, order, limit: String(pageSize), after })}`;
    const page: { activities?: Row[]; next: string | null; message?: string } = await client.json(path);
    if (page.activities === undefined) throw new Error(`The page was refused: ${page.message}`);
    rows.push(...page.activities);
    after = page.next;
  }
  return rows;
}

/** A summary as counts by key; users and objects under the text that they are compared by. */
export async function summaryBy(client: Client, query: Query, by: SummaryKey): Promise<Map<string, number>> {
  const path = `/insights/activities/summary?${parametersOf({ ...query, by, top: String(mostKeys) })}`;
  const { rows, total, others, message } = await client.json<{
    rows?: { key: string; count: number }[];
    total: number;
    others: number;
    message?: string;
  }>(path);
  if (rows === undefined) throw new Error(`The summary was refused: ${message}`);
  const counts = new Map(rows.map(({ key, count }) => [keyOf(by, key), count]));
  if (counts.size !== rows.length) throw new Error(`The summary by ${by} names one key twice.`);
  const sum = rows.reduce((all, { count }) => all + count, others);
  if (sum !== total) throw new Error(`The summary by ${by} has ${sum} activities in its rows and ${total} in all.`);
  return counts;
}

/** The same, counted by hand. */
export function naiveSummary(records: readonly Plain[], by: SummaryKey): Map<string, number> {
  const counts = new Map<string, number>();
  for (const one of records) {
    const key =
      by === 'day' ? one.time.slice(0, 10) : by === 'hour' ? `${one.time.slice(0, 13)}:00Z` : keyOf(by, one[by]);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

function keyOf(by: SummaryKey, text: string): string {
  if (by === 'user') return folded(text);
  return by === 'object' ? (pathOf(text) ?? text) : text;
}

function parametersOf(query: Query): URLSearchParams {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    [value].flat().map((one): [string, string] => [name, one]),
  );
  return new URLSearchParams(pairs.filter(([, value]) => value !== ''));
}
