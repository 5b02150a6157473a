import type { ListFilter } from '../../domain/filters.ts';
import type { AskRows } from '../engine/engine.ts';
import type { Condition } from '../selection/condition.ts';
import { comparedColumn, keyOfList, listTerm } from '../selection/filters.ts';

/** Keys remembered of one list of one tenant and source, and how many lists are remembered. */
const mostKeys = 1000;
const mostRemembered = 1000;

/**
 * The values that a tenant's rows have had in the columns of the filters that are lists, as their keys. Finding them reads
 * one column of everything, so they are remembered until the tenant's next write; a key that was seen stays seen.
 */
export class SeenKeys {
  readonly #known = new Map<string, { readonly write: number; readonly keys: ReadonlySet<string> }>();

  /** Those of `keys` that no row of the tenant and source has had. `all` is the condition of all its rows. */
  async unseen(rows: AskRows, all: Condition, list: ListFilter, keys: readonly string[]): Promise<ReadonlySet<string>> {
    if (keys.length === 0) return new Set();
    if (list === 'users') return except(keys, await seenUsers(rows, all, keys));
    const { write } = all.moment;
    const name = JSON.stringify([all.bindings.tenant, all.bindings.source, list]);
    const known = this.#known.get(name);
    if (known !== undefined && known.write <= write) {
      const missing = except(keys, known.keys);
      if (missing.size === 0 || known.write === write) return missing;
    }
    const seen = await seenIn(rows, all, list);
    if (seen.size <= mostKeys) this.#known.set(name, { write, keys: seen });
    if (this.#known.size > mostRemembered) this.#known.delete(this.#known.keys().next().value ?? '');
    return except(keys, seen);
  }
}

function except(keys: readonly string[], seen: ReadonlySet<string>): ReadonlySet<string> {
  return new Set(keys.filter((key) => !seen.has(key)));
}

/** Each value once, then its key: the rule for a key is not computed for every row. */
async function seenIn(rows: AskRows, { sql, bindings }: Condition, list: ListFilter): Promise<ReadonlySet<string>> {
  const found = await rows<[string]>(
    `SELECT DISTINCT ${keyOfList(list, 'value')} FROM (
       SELECT DISTINCT toString(${comparedColumn(list)}) AS value FROM trailport.activity WHERE ${sql})`,
    bindings,
  );
  return new Set(found.map(([key]) => key));
}

async function seenUsers(
  rows: AskRows,
  { sql, bindings }: Condition,
  users: readonly string[],
): Promise<ReadonlySet<string>> {
  const found = await rows<[string]>(
    `SELECT DISTINCT toString(user_key) FROM trailport.by_user WHERE ${sql} AND ${listTerm('users')}`,
    { ...bindings, users },
  );
  return new Set(found.map(([key]) => key));
}
