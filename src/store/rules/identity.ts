/*
 * An activity's id as two hashes, as SQL. They must be independent: a further argument of `sipHash64` would be hashed
 * apart and combined, so two ids with one `hash` would have one `check` as well.
 */
export function hashOf(id: string): string {
  return `sipHash64(${id})`;
}

export function checkOf(id: string): string {
  return `sipHash64Keyed((toUInt64(1), toUInt64(2)), ${id})`;
}
