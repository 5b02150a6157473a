/*
 * Every version of an activity is a row that never changes. Its `version` is the number of the write that brought it and
 * its place in that write. `superseded` lists the versions that a later write replaced, `write` the writes that are whole.
 * What the store held after write N is therefore a plain condition that does not depend on merges.
 */

/** The most rows of one write: the place of a row in its write has twenty bits. */
export const mostRows = 2 ** 20;

/** The first version of a write; a number that a JSON binding holds exactly up to write 2^33. */
export function firstVersionOf(write: number): number {
  return write * mostRows;
}

/** The rows of a tenant as they stood after a write. Bind what `momentBindings` answers, and `tenant`. */
export const atMoment = `version < {endVersion:UInt64} AND version NOT IN (
  SELECT version FROM trailport.superseded WHERE tenant = {tenant:String} AND by_write <= {lastWrite:UInt64})`;

/** The same while no version that stood up to that write has been replaced: a cheaper condition for every query. */
export const atMomentWithoutReplaced = 'version < {endVersion:UInt64}';

/** What the store held after a write. */
export type Moment = {
  readonly write: number;
  /** Whether `superseded` may hold entries of that write or of one before. */
  readonly replaced: boolean;
};

export function momentBindings(write: number): { readonly endVersion: number; readonly lastWrite: number } {
  return { endVersion: firstVersionOf(write + 1), lastWrite: write };
}
