/** A parsed JSON object: members by name. */
export type JsonObject = { readonly [name: string]: unknown };

/**
 * Why a record, or a part of one, cannot be taken: one plain sentence, without its content. `text` is the record's own
 * text where the finding holds several.
 */
export type Unusable = { readonly reason: string; readonly text?: string };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A member's elements, none when it is not a list. A list that was flattened to columns has its indexes as names. */
export function elements(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return isObject(value) && '0' in value ? Object.values(value) : [];
}

/** A member of an object, undefined when either is missing. */
export function inside(value: unknown, name: string): unknown {
  return isObject(value) ? value[name] : undefined;
}

/**
 * A member as text: nothing for null and for `__NULL__` (what Graph writes for it), a number or boolean as JSON writes
 * it, a list or object as its JSON. Lone surrogates become U+FFFD. Throws RangeError when nested too deep to be written.
 */
export function text(value: unknown): string {
  if (typeof value === 'string') return value === '__NULL__' ? '' : value.toWellFormed();
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value).toWellFormed() : String(value);
}

/** The first of the values that is not empty. */
export function firstText(...values: readonly unknown[]): string {
  for (const value of values) {
    const written = text(value);
    if (written !== '') return written;
  }
  return '';
}
