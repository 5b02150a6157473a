import { closest } from 'fastest-levenshtein';
import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { TLocalizedValidationError } from 'typebox/error';
import { Failure } from '../domain/failure.ts';

/** Under this key a query says that its percent-encoding is broken. */
const broken = Symbol('broken percent-encoding');

type Query = Record<string, unknown> & { [broken]?: true };
type Shape = { readonly properties?: Readonly<Record<string, { readonly type?: string }>> };

/** `application/x-www-form-urlencoded` as a record without prototype; what is repeated becomes an array. Never throws. */
export function queryFrom(text: string): Query {
  const query: Query = Object.create(null);
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const at = pair.indexOf('=');
    const name = decoded(at === -1 ? pair : pair.slice(0, at));
    const value = at === -1 ? '' : decoded(pair.slice(at + 1));
    if (name === null || value === null) query[broken] = true;
    else if (name in query) query[name] = [query[name], value].flat();
    else query[name] = value;
  }
  return query;
}

/**
 * Checks queries and bodies against a route's schema and says in one sentence what is wrong. Path parameters and
 * headers are read by the routes: their schemas are for the reference.
 */
export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  if ((httpPart !== 'querystring' && httpPart !== 'body') || isBytes(schema)) return () => true;
  const compiled = Compile(schema);
  const known = Object.keys((schema as Shape).properties ?? {});
  return (given: unknown) => {
    try {
      const value = httpPart === 'body' ? given : queryOfTypes(given as Query, schema as Shape, known);
      const [error] = compiled.Check(value) ? [] : compiled.Errors(value);
      return error === undefined ? { value } : { error: bodyOrQuery(httpPart, error, value, known) };
    } catch (error) {
      return { error: error as Error };
    }
  };
};

/** A file as body: there is nothing to check. */
function isBytes(schema: TSchema): boolean {
  return (schema as { format?: string }).format === 'binary';
}

/** A query's texts as the types that the schema names. */
function queryOfTypes(query: Query, shape: Shape, known: readonly string[]): Record<string, unknown> {
  if (query[broken]) {
    const message = 'The query holds a % that begins no UTF-8 percent-encoding; write a literal % as %25.';
    throw new Failure('parameter_invalid', message);
  }
  if ('access_token' in query) {
    const message = 'access_token must not be in the address; send it as Authorization: Bearer TOKEN.';
    throw new Failure('parameter_invalid', message);
  }
  const typed: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(query)) {
    const type = shape.properties?.[name]?.type;
    if (!known.includes(name)) throw unknown('parameter_unknown', 'parameter', name, known);
    if ([value].flat().includes('')) {
      throw new Failure('parameter_invalid', `${name} must not be empty; give it a value or leave it out.`);
    }
    if (type !== 'array' && Array.isArray(value)) {
      throw new Failure('parameter_invalid', `${name} must be given once; it was given ${value.length} times.`);
    }
    typed[name] = type === 'array' ? [value].flat() : scalar(type, String(value));
  }
  return typed;
}

function scalar(type: string | undefined, text: string): unknown {
  if (type === 'integer' && /^-?[0-9]{1,300}$/.test(text)) return Number(text);
  if (type === 'boolean' && /^(true|false)$/.test(text)) return text === 'true';
  return text;
}

function bodyOrQuery(
  part: 'querystring' | 'body',
  error: TLocalizedValidationError,
  value: unknown,
  known: readonly string[],
): Failure {
  const code = part === 'body' ? 'body_invalid' : 'parameter_invalid';
  if (part === 'body' && (value === null || typeof value !== 'object' || Array.isArray(value))) {
    return new Failure(code, `The body must be a JSON object with the members ${known.join(', ')}.`);
  }
  const extra = Object.keys(value as object).find((name) => !known.includes(name));
  if (extra !== undefined) return unknown('body_invalid', 'member', extra, known);
  if (error.keyword === 'required') {
    return new Failure(code, `${(error.params.requiredProperties ?? []).join(' and ')} is missing; give it a value.`);
  }
  // A JSON pointer: /columns/3 becomes columns[3].
  const name = error.instancePath.slice(1).replace(/\/(\d+)/g, '[$1]');
  return new Failure(code, `${name} ${expectation(error)}.`);
}

/** Types whose JSON name would say less than a sentence. */
const mustBe: Readonly<Record<string, string>> = {
  integer: 'must be a whole number',
  boolean: 'must be true or false',
};

/** What was expected, for the keywords that our schemas use. */
function expectation(error: TLocalizedValidationError): string {
  switch (error.keyword) {
    case 'type':
      return mustBe[String(error.params.type)] ?? `must be of type ${error.params.type}`;
    case 'enum':
      return `must be one of ${error.params.allowedValues.join(', ')}`;
    case 'minLength':
      return 'must not be empty; give it a value or leave it out';
    case 'maxLength':
      return `must have at most ${error.params.limit} characters`;
    case 'minItems':
      return `must have at least ${error.params.limit} items; leave it out for the default`;
    case 'maxItems':
      return `must have at most ${error.params.limit} items`;
    case 'uniqueItems':
      return 'must not hold the same value twice';
    case 'minimum':
      return `must be ${error.params.limit} or more`;
    case 'maximum':
      return `must be ${error.params.limit} or less`;
    default:
      return error.message;
  }
}

function unknown(
  code: 'parameter_unknown' | 'body_invalid',
  kind: 'parameter' | 'member',
  name: string,
  known: readonly string[],
): Failure {
  const shown = name.toWellFormed().slice(0, 64);
  if (shown.trim() === '')
    return new Failure(code, `A ${kind} has an empty name; give it one of its own or leave it out.`);
  if (known.length === 0) return new Failure(code, `${shown} is unknown; there is no ${kind} here, leave it out.`);
  return new Failure(code, `${shown} is no ${kind} here; the nearest known name is ${nearest(shown, known)}.`);
}

function nearest(name: string, known: readonly string[]): string {
  const sameButCase = known.find((other) => other.toLowerCase() === name.toLowerCase());
  return sameButCase ?? closest(name, known);
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return null;
  }
}
