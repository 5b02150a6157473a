import { type TSchema, Type } from 'typebox';

/** Limits of texts (characters) and lists (items) in requests. The OpenAPI document has them too. */
export const most = {
  /**
   * A user or an object: paths of 4,096 characters fit, percent-encoded twice as well (Graph allows 400 for a name).
   */
  identity: 8192,
  eventTypes: 1000,
  /** The entries of every other list of a filter. */
  entries: 100,
  /** An entry of such a list: the name of a service, a result, an address. */
  entry: 256,
  text: 1024,
  eventType: 256,
  time: 64,
  timeZone: 64,
  language: 16,
  fileName: 255,
  cursor: 512,
  /** A place between two activities: it holds the id of one, which may be long. */
  place: 65_536,
  /** Days, hours, users … of a summary. */
  top: 1000,
  idempotencyKey: 255,
} as const;

export const closed = { additionalProperties: false };
export const count = Type.Integer({ minimum: 0 });
export const instant = Type.String({ format: 'date-time' });

export function nullable<T extends TSchema>(schema: T) {
  return Type.Union([schema, Type.Null()]);
}

export function text(maxLength: number, description: string, options: { readonly examples?: string[] } = {}) {
  return Type.String({ minLength: 1, maxLength, description, ...options });
}

/** Without an example, because /docs fills in examples, also where the parameter is optional. */
export function time(description: string) {
  return text(most.time, `${description} ISO 8601, such as 2026-11-23T17:00:00; without a zone it is UTC.`);
}
