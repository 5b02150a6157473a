import { type Filters, type ListFilter, listFilters } from '../../domain/filters.ts';
import { addressKey, decoded, folded, userKey } from '../rules/keys.ts';

/** How the entries of a list and the values of the rows are compared: by the same SQL of either. */
const compared = {
  users: { column: 'user', stored: 'user_key', keyOf: userKey },
  eventTypes: { column: 'activity', stored: folded('activity'), keyOf: folded },
  services: { column: 'service', stored: folded('service'), keyOf: folded },
  recordTypes: { column: 'record_type', stored: folded('record_type'), keyOf: folded },
  results: { column: 'result', stored: folded('result'), keyOf: folded },
  clientIps: { column: 'client_ip', stored: addressKey('client_ip'), keyOf: addressKey },
} as const satisfies Record<
  ListFilter,
  { readonly column: string; readonly stored: string; readonly keyOf: (text: string) => string }
>;

/** The lists of a selection that have entries. */
export function listsOf(filters: Filters): ListFilter[] {
  return listFilters.filter((name) => filters[name].length > 0);
}

/** The key of a text of a list, as SQL. */
export function keyOfList(name: ListFilter, text: string): string {
  return compared[name].keyOf(text);
}

/** The column of the rows that a list is about. */
export function comparedColumn(name: ListFilter): string {
  return compared[name].column;
}

/** What the entries of a list are compared with in a row. */
export function storedKey(name: ListFilter): string {
  return compared[name].stored;
}

/** The rows that match a list; its keys are bound under its name. */
export function listTerm(name: ListFilter): string {
  return `${storedKey(name)} IN {${name}:Array(String)}`;
}

/**
 * The rows whose item or object contains a text, whose key is bound as `text`. An object is also searched decoded: a
 * person types `annual report`, where the URL says `Annual%20Report`.
 */
export const textTerm = `(position(${folded('item')}, {text:String}) > 0
  OR position(${folded('object')}, {text:String}) > 0
  OR (position(object, '%') > 0 AND position(${folded(decoded('object'))}, {text:String}) > 0))`;
