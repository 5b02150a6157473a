import type { Selection } from '../../domain/selection.ts';
import { type Access, accessFor } from '../access/access.ts';
import type { RowTable } from '../access/choice.ts';
import type { AskRows } from '../engine/engine.ts';
import type { Moment } from '../moment.ts';
import { askedKeys } from '../selection/asked.ts';
import { conditionFor } from '../selection/condition.ts';

/** How the rows are reached that a selection meant at a moment. `forced` makes the choice, in tests. */
export async function lookupFor(
  rows: AskRows,
  selection: Selection,
  moment: Moment,
  forced?: RowTable,
): Promise<Access> {
  return await accessFor(rows, conditionFor(selection, await askedKeys(rows, selection), moment), forced);
}
