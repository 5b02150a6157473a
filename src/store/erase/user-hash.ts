/**
 * A keyed hash (SipHash) of a user's key, as SQL: what the ledger keeps of an erased user, and what removals are written
 * with, since the engine keeps the text of a removal on disk. `key` is of `Erasures.hashKey`.
 */
export function userHash([first, second]: readonly [string, string], userKey: string): string {
  return `hex(sipHash128Keyed((toUInt64(${first}), toUInt64(${second})), ${userKey}))`;
}
