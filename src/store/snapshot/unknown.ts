import type { ListFilter } from '../../domain/filters.ts';
import type { Selection } from '../../domain/selection.ts';
import type { Access } from '../access/access.ts';
import type { AskRows } from '../engine/engine.ts';
import { type Condition, everythingOf, objectTerm, userTerm } from '../selection/condition.ts';
import { listsOf, listTerm, storedKey } from '../selection/filters.ts';

/** What was asked for and the store never had of this tenant and source, so that a misspelt name is noticed. */
export type Unknown = { readonly user: boolean; readonly object: boolean } & {
  readonly [list in ListFilter]: readonly string[];
};

/**
 * What some row of the selection matches needs no search. The rest is searched in the whole tenant and source: users and
 * objects where their rows are together.
 */
export async function unknownOf(access: Access, selection: Selection, rows: number): Promise<Unknown> {
  const { user, object } = selection;
  const { condition } = access;
  const all = everythingOf(condition);
  const isMissing = async (table: 'by_user' | 'by_object', term: string) => {
    const sql = `SELECT 1 FROM trailport.${table} WHERE ${all.sql} AND ${term} LIMIT 1`;
    return (await access.rows(sql, condition.bindings)).length === 0;
  };
  return {
    ...(await unknownEntries(access, selection, all, rows)),
    user: rows === 0 && user !== null && (await isMissing('by_user', userTerm)),
    object: rows === 0 && object !== null && (await isMissing('by_object', objectTerm)),
  };
}

type UnknownEntries = Record<ListFilter, readonly string[]>;

async function unknownEntries(
  access: Access,
  selection: Selection,
  all: Condition,
  rows: number,
): Promise<UnknownEntries> {
  const none: UnknownEntries = { users: [], eventTypes: [], services: [], recordTypes: [], results: [], clientIps: [] };
  const lists = listsOf(selection);
  if (lists.length === 0) return none;
  const missing =
    rows === 0 ? lists.map(() => null) : await missingIn(access.rows, access.from, access.condition, lists);
  const open = lists.filter((_, i) => missing[i] === null || missing[i]!.length > 0);
  if (open.length === 0) return none;
  const everywhere = `trailport.${open.every((name) => name === 'users') ? 'by_user' : 'activity'} WHERE ${all.sql}`;
  const found = await missingIn(access.rows, everywhere, access.condition, open);
  return { ...none, ...Object.fromEntries(open.map((name, i) => [name, found[i]!.map((at) => selection[name][at]!)])) };
}

/** Which entries of each list match no row, by their place in it. */
async function missingIn(
  rows: AskRows,
  from: string,
  { bindings }: Condition,
  lists: readonly ListFilter[],
): Promise<number[][]> {
  const seen = lists.map((name) => `groupUniqArrayIf(${storedKey(name)}, ${listTerm(name)})`);
  const [row] = await rows<number[][]>(
    `SELECT ${lists.map((name, i) => `arrayMap(key -> has(seen.${i + 1}, key), {${name}:Array(String)})`).join(', ')}
     FROM (SELECT tuple(${seen.join(', ')}) AS seen FROM ${from})`,
    bindings,
  );
  return lists.map((_, i) => (row?.[i] ?? []).flatMap((has, at) => (has === 1 ? [] : [at])));
}
