import type { Selection } from '../../domain/selection.ts';
import type { Bindings, Engine } from '../engine/engine.ts';
import type { Moment } from '../moment.ts';
import { askedKeys } from '../selection/asked.ts';
import { type Condition, conditionFor } from '../selection/condition.ts';

/** One question of somebody who waits: which rows, and a way to ask the engine that ends when they leave. */
export type Lookup = {
  readonly condition: Condition;
  readonly rows: <T>(sql: string, bindings: Bindings) => Promise<T[]>;
};

/**
 * A lookup of what a selection meant at a moment. Its queries block no others and end in the engine too, when the signal
 * aborts or after `mostMs` each; then they throw the signal's reason or `count_timeout`.
 */
export async function lookupFor(
  engine: Engine,
  selection: Selection,
  moment: Moment,
  mostMs: number,
  signal: AbortSignal,
): Promise<Lookup> {
  const condition = conditionFor(selection, await askedKeys(engine, selection), moment);
  return { condition, rows: (sql, bindings) => engine.rowsApart(sql, bindings, mostMs, signal) };
}
