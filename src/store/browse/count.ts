import type { Access } from '../access/access.ts';
import { talliedRows } from './tally.ts';

/** How many rows a selection means. */
export async function countOf({ condition, from, rows }: Access): Promise<number> {
  const tallied = condition.plain ? talliedRows(condition) : null;
  const [row] =
    tallied === null
      ? await rows<[string | number]>(`SELECT count() FROM ${from}`, condition.bindings)
      : await rows<[string | number]>(`SELECT sum(rows) FROM ${tallied.from}`, tallied.bindings);
  return Number(row?.[0] ?? 0);
}
