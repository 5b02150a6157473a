/** A value of our own as a literal of the engine's SQL. Text from outside is bound instead, never written into SQL. */
export function literal(value: string | number): string {
  return typeof value === 'number' ? String(value) : `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
