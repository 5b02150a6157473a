import { parse } from 'node:querystring';
import { Failure } from '../../domain/failure.ts';

/** Under this key a query holds the sentence that says why it cannot be read. */
const unreadable = Symbol('why the query cannot be read');

/** The texts of a query by name; a repeated name has a list. Without prototype, so that no name is special. */
export type Query = Record<string, string | string[] | undefined> & { [unreadable]?: string };

/** 1,000 event types and every other parameter there is, once. */
const mostParameters = 1100;
/** The longest name of a parameter that is looked at. Known ones have at most 11 characters. */
const mostNameCharacters = 256;

/**
 * Reads `application/x-www-form-urlencoded` in linear time and never throws: it runs before authentication, for every
 * address. `readable` throws what is wrong, for the routes that take a query.
 */
export function queryFrom(text: string): Query {
  const query: Query = Object.create(null);
  if (text === '') return query;
  if (hasMoreThan(text, '&', mostParameters - 1)) {
    query[unreadable] = `The query has more than ${mostParameters} parameters; send fewer.`;
    return query;
  }
  const decoded = (encoded: string) => {
    try {
      return decodeURIComponent(encoded);
    } catch {
      query[unreadable] ??= 'The query holds a % that begins no UTF-8 percent-encoding; write a literal % as %25.';
      return encoded;
    }
  };
  for (const [name, value] of Object.entries(parse(text, '&', '=', { maxKeys: 0, decodeURIComponent: decoded }))) {
    if (name.length > mostNameCharacters) {
      query[unreadable] ??= `A parameter has a name of more than ${mostNameCharacters} characters; check the query.`;
    } else {
      query[name] = value;
    }
  }
  return query;
}

/** The query; throws `parameter_invalid` when it cannot be read. */
export function readable(query: Query): Query {
  const sentence = query[unreadable];
  if (sentence !== undefined) throw new Failure('parameter_invalid', sentence);
  return query;
}

function hasMoreThan(text: string, character: string, most: number): boolean {
  let at = -1;
  for (let count = 0; count <= most; count++) {
    at = text.indexOf(character, at + 1);
    if (at === -1) return false;
  }
  return true;
}
