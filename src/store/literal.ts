/**
 * A value of our own as a literal of the engine's SQL. Text from outside is bound instead, never written into SQL. Line
 * breaks are escaped, since a form in HTTP changes them.
 */
export function literal(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const text = value.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
  return `'${text.replaceAll('\n', '\\n').replaceAll('\r', '\\r')}'`;
}
