import type { ListFilter } from '../../domain/filters.ts';
import type { Selection } from '../../domain/selection.ts';
import type { Access } from '../access/access.ts';
import type { SeenKeys } from '../facts/seen.ts';
import { everythingOf, objectTerm, userTerm } from '../selection/condition.ts';
import { listsOf, listTerm, storedKey } from '../selection/filters.ts';

/** What was asked for and the store never had of this tenant and source, so that a misspelt name is noticed. */
export type Unknown = { readonly user: boolean; readonly object: boolean } & {
  readonly [list in ListFilter]: readonly string[];
};

/**
 * What some row of the selection matches needs no search. The rest is searched in the whole tenant and source: users and
 * objects where their rows are together.
 */
export async function unknownOf(
  access: Access,
  selection: Selection,
  rows: number,
  seenKeys: SeenKeys,
): Promise<Unknown> {
  const { user, object } = selection;
  const { condition } = access;
  const all = everythingOf(condition);
  const isMissing = async (table: 'by_user' | 'by_object', term: string) => {
    const sql = `SELECT 1 FROM trailport.${table} WHERE ${all.sql} AND ${term} LIMIT 1`;
    return (await access.rows(sql, condition.bindings)).length === 0;
  };
  const unknown: Record<ListFilter, readonly string[]> = {
    users: [],
    eventTypes: [],
    services: [],
    recordTypes: [],
    results: [],
    clientIps: [],
  };
  const lists = listsOf(selection);
  const matched = rows === 0 || access.table === 'activity' ? [] : await matchedKeys(access, lists);
  for (const [i, list] of lists.entries()) {
    const keys = condition.bindings[list] as readonly string[];
    const open = keys.filter((key) => !matched[i]?.has(key));
    const unseen = await seenKeys.unseen(access.rows, all, list, open);
    unknown[list] = selection[list].filter((_, at) => unseen.has(keys[at]!));
  }
  return {
    ...unknown,
    user: rows === 0 && user !== null && (await isMissing('by_user', userTerm)),
    object: rows === 0 && object !== null && (await isMissing('by_object', objectTerm)),
  };
}

/** The keys of each list that some row of the selection has. */
async function matchedKeys(
  { rows, from, condition }: Access,
  lists: readonly ListFilter[],
): Promise<ReadonlySet<string>[]> {
  if (lists.length === 0) return [];
  const keys = lists.map((list) => `groupUniqArrayIf(toString(${storedKey(list)}), ${listTerm(list)})`);
  const [row] = await rows<string[][]>(`SELECT ${keys.join(', ')} FROM ${from}`, condition.bindings);
  return lists.map((_, i) => new Set(row?.[i] ?? []));
}
