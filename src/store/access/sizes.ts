import type { AskRows } from '../engine/engine.ts';
import type { Condition } from '../selection/condition.ts';
import type { RowTable, TableSizes } from './choice.ts';

/**
 * About how many rows each table would read for a condition: those between the marks of its index. Nothing is read but
 * the index, so this takes no longer for more rows.
 */
export async function sizesOf(
  rows: AskRows,
  { keyed, bindings }: Condition,
  tables: readonly RowTable[],
): Promise<TableSizes> {
  const estimates = tables.map(
    (table) => `SELECT * FROM (EXPLAIN ESTIMATE SELECT 1 FROM trailport.${table} WHERE ${keyed})`,
  );
  const found = await rows<[RowTable, string | number]>(
    `SELECT table, sum(rows) FROM (${estimates.join(' UNION ALL ')}) GROUP BY table`,
    bindings,
  );
  const none = Object.fromEntries(tables.map((table) => [table, 0])) as TableSizes;
  return { ...none, ...Object.fromEntries(found.map(([table, size]) => [table, Number(size)])) };
}
