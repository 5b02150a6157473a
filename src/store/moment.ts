import type { Bindings } from './engine/engine.ts';

/*
 * Every version of an activity is a row that never changes. Its `version` is the number of the write that brought it and
 * its place in that write. `superseded` lists the versions that a later write of the tenant replaced; the ledger knows
 * which writes are committed. What a tenant's store held after write N is therefore a plain condition that does not
 * depend on merges.
 */

/** The most rows of one write: the place of a row in its write has twenty bits. */
export const mostRows = 2 ** 20;

/** The first version of a write; a number that a JSON binding holds exactly up to write 2^33. */
export function firstVersionOf(write: number): number {
  return write * mostRows;
}

/** Rows that an erasure excludes from its write on: those it found there, of one user or before a time, or both. */
export type Exclusion = {
  /** The number of the erasing write: rows of later writes stay. */
  readonly write: number;
  /** Null: every user. */
  readonly userKey: string | null;
  /** Milliseconds since 1970; null: every time. */
  readonly beforeMs: number | null;
};

/** What a tenant's store held after a write. */
export type Moment = {
  /** 0 before the tenant's first write. */
  readonly write: number;
  /** Whether `superseded` may hold entries of the tenant by that write or one before. */
  readonly replaced: boolean;
  /** The erasures whose rows may still be in the tables. */
  readonly exclusions: readonly Exclusion[];
};

/**
 * The rows of a tenant at a moment, as a condition over the columns of `activity` and its copies, and the values that it
 * needs beside `tenant`.
 */
export function conditionAt(moment: Moment): { readonly sql: string; readonly bindings: Bindings } {
  const terms = ['version < {endVersion:UInt64}'];
  const bindings: Record<string, unknown> = { endVersion: firstVersionOf(moment.write + 1) };
  if (moment.replaced) {
    bindings.lastWrite = moment.write;
    terms.push(`version NOT IN (
      SELECT version FROM trailport.superseded WHERE tenant = {tenant:String} AND by_write <= {lastWrite:UInt64})`);
  }
  for (const [i, { write, userKey, beforeMs }] of moment.exclusions.entries()) {
    const excluded = [`version < {erased${i}:UInt64}`];
    bindings[`erased${i}`] = firstVersionOf(write);
    if (userKey !== null) {
      excluded.push(`user_key = {erasedUser${i}:String}`);
      bindings[`erasedUser${i}`] = userKey;
    }
    if (beforeMs !== null) {
      excluded.push(`time < fromUnixTimestamp64Milli({erasedBefore${i}:Int64}, 'UTC')`);
      bindings[`erasedBefore${i}`] = beforeMs;
    }
    terms.push(`NOT (${excluded.join(' AND ')})`);
  }
  return { sql: terms.join(' AND '), bindings };
}
