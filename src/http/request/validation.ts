import { closest } from 'fastest-levenshtein';
import type { FastifySchemaCompiler } from 'fastify';
import { checkerFor, type Fault, type TSchema } from '../../api/check.ts';
import { keepsCommas } from '../../api/requests.ts';
import { Failure } from '../../domain/failure.ts';
import { type Query, readable } from './query.ts';

type Shape = {
  readonly properties?: Readonly<Record<string, { readonly type?: string; readonly [keepsCommas]?: boolean }>>;
};

/**
 * Checks queries and bodies against a route's schema and says in one sentence what is wrong. Path parameters and
 * headers are read by the routes: their schemas are for the reference.
 */
export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  if ((httpPart !== 'querystring' && httpPart !== 'body') || isBytes(schema)) return () => true;
  const faultIn = checkerFor(schema);
  const known = Object.keys((schema as Shape).properties ?? {});
  return (given: unknown) => {
    try {
      const value = httpPart === 'body' ? given : typedQuery(given as Query, schema as Shape, known);
      if (httpPart === 'body') refuseOtherThanKnown(value, known);
      const fault = faultIn(value);
      return fault === null ? { value } : { error: failureOf(httpPart, fault) };
    } catch (error) {
      return { error: error as Error };
    }
  };
};

/** A file as body is not checked here. */
function isBytes(schema: TSchema): boolean {
  return (schema as { format?: string }).format === 'binary';
}

/** The texts of a query as the types that the schema names. */
function typedQuery(query: Query, shape: Shape, known: readonly string[]): Record<string, unknown> {
  readable(query);
  if ('access_token' in query) {
    const message = 'access_token must not be in the address; send it as Authorization: Bearer TOKEN.';
    throw new Failure('parameter_invalid', message);
  }
  const typed: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(query)) {
    const { type, [keepsCommas]: kept = false } = shape.properties?.[name] ?? {};
    if (!known.includes(name)) throw unknown('parameter_unknown', 'parameter', name, known);
    // Lists are repeated, separated by commas unless the schema says otherwise, or both.
    const texts = [value ?? ''].flat().flatMap((text) => (type === 'array' && !kept ? text.split(',') : text));
    if (texts.includes('')) {
      throw new Failure('parameter_invalid', `${name} must not be empty; give it a value or leave it out.`);
    }
    if (type !== 'array' && texts.length > 1) {
      throw new Failure('parameter_invalid', `${name} must be given once; it was given ${texts.length} times.`);
    }
    typed[name] = type === 'array' ? texts : scalar(type, String(texts[0]));
  }
  return typed;
}

function scalar(type: string | undefined, text: string): unknown {
  if (type === 'integer' && /^-?[0-9]{1,300}$/.test(text)) return Number(text);
  if (type === 'boolean' && /^(true|false)$/.test(text)) return text === 'true';
  return text;
}

function refuseOtherThanKnown(body: unknown, known: readonly string[]): void {
  if (body === null || typeof body !== 'object' || Array.isArray(body)) {
    throw new Failure('body_invalid', `The body must be a JSON object with the members ${known.join(', ')}.`);
  }
  for (const name in body) if (!known.includes(name)) throw unknown('body_invalid', 'member', name, known);
}

function failureOf(part: 'querystring' | 'body', fault: Fault): Failure {
  const code = part === 'body' ? 'body_invalid' : 'parameter_invalid';
  if (fault.keyword === 'required') {
    const missing = (fault.params.requiredProperties ?? []) as string[];
    return new Failure(code, `${missing.join(' and ')} is missing; give it a value.`);
  }
  // A JSON pointer: /columns/3 becomes columns[3].
  const name = fault.pointer.slice(1).replace(/\/(\d+)/g, '[$1]');
  return new Failure(code, `${name} ${expectation(fault)}.`);
}

/** Types whose JSON name would say less than a sentence. */
const mustBe: Readonly<Record<string, string>> = {
  integer: 'must be a whole number',
  boolean: 'must be true or false',
};

/** What was expected, for the keywords that our schemas use. */
function expectation(fault: Fault): string {
  switch (fault.keyword) {
    case 'type':
      return mustBe[String(fault.params.type)] ?? `must be of type ${fault.params.type}`;
    case 'enum':
      return `must be one of ${(fault.params.allowedValues as unknown[]).join(', ')}`;
    case 'minLength':
      return 'must not be empty; give it a value or leave it out';
    case 'maxLength':
      return `must have at most ${fault.params.limit} characters`;
    case 'minItems':
      return `must have at least ${fault.params.limit} items; leave it out for the default`;
    case 'maxItems':
      return `must have at most ${fault.params.limit} items`;
    case 'uniqueItems':
      return 'must not hold the same value twice';
    case 'minimum':
      return `must be ${fault.params.limit} or more`;
    case 'maximum':
      return `must be ${fault.params.limit} or less`;
    default:
      return fault.message;
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
  return new Failure(code, `${shown} is not a known ${kind}; the nearest known name is ${nearest(shown, known)}.`);
}

function nearest(name: string, known: readonly string[]): string {
  const sameButCase = known.find((other) => other.toLowerCase() === name.toLowerCase());
  return sameButCase ?? closest(name, known);
}
