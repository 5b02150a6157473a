import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';

export type { Static, TSchema } from 'typebox';

/** What is wrong with a value: the JSON Schema keyword, where (a JSON pointer), and the keyword's own facts. */
export type Fault = {
  readonly keyword: string;
  readonly pointer: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly message: string;
};

/** The keywords of our schemas that this file reads itself. */
type Bounded = {
  readonly maxItems?: number;
  readonly maxLength?: number;
  readonly items?: Bounded;
  readonly properties?: Readonly<Record<string, Bounded>>;
  readonly anyOf?: readonly Bounded[];
};

/**
 * A check of values against a schema: null, or the first fault. Work is bounded by the schema, not by the value: the
 * limits of lists and texts are looked at first, because TypeBox collects its errors from the whole value and compares
 * each item of a `uniqueItems` list with a growing list of duplicates (140,000 items took more than 10 minutes).
 */
export function checkerFor(schema: TSchema): (value: unknown) => Fault | null {
  const compiled = Compile(schema);
  return (value) => {
    const beyond = firstBeyond(schema as Bounded, value, '');
    if (beyond !== null) return beyond;
    if (compiled.Check(value)) return null;
    const [error] = compiled.Errors(value);
    const { keyword = 'unknown', instancePath = '', params = {}, message = 'is wrong' } = error ?? {};
    return { keyword, pointer: instancePath, params, message };
  };
}

/** The first list or text of a value that is longer than its schema allows. */
function firstBeyond(schema: Bounded, value: unknown, pointer: string): Fault | null {
  for (const choice of schema.anyOf ?? []) {
    const fault = firstBeyond(choice, value, pointer);
    if (fault !== null) return fault;
  }
  if (typeof value === 'string') {
    const { maxLength = Number.POSITIVE_INFINITY } = schema;
    return hasMore(value, maxLength) ? beyond('maxLength', pointer, maxLength) : null;
  }
  if (Array.isArray(value)) {
    const { maxItems = Number.POSITIVE_INFINITY, items } = schema;
    if (value.length > maxItems) return beyond('maxItems', pointer, maxItems);
    if (items === undefined) return null;
    return firstOf(value.keys(), (i) => firstBeyond(items, value[i], `${pointer}/${i}`));
  }
  if (value === null || typeof value !== 'object') return null;
  return firstOf(Object.entries(schema.properties ?? {}), ([name, inner]) =>
    firstBeyond(inner, (value as Record<string, unknown>)[name], `${pointer}/${name}`),
  );
}

function firstOf<T>(values: Iterable<T>, faultOf: (value: T) => Fault | null): Fault | null {
  for (const value of values) {
    const fault = faultOf(value);
    if (fault !== null) return fault;
  }
  return null;
}

/** JSON Schema counts code points, of which a UTF-16 text has at least half as many as units. */
function hasMore(text: string, most: number): boolean {
  return text.length > most && (text.length > 2 * most || [...text].length > most);
}

function beyond(keyword: 'maxItems' | 'maxLength', pointer: string, limit: number): Fault {
  return { keyword, pointer, params: { limit }, message: `is longer than ${limit}` };
}
