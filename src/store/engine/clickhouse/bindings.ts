import { Readable } from 'node:stream';
import type { Bindings } from '../engine.ts';

/** A request's body and its type. */
export type Form = { readonly values: Readable; readonly type: string };

/**
 * A statement and its bindings as a form: an address has a limit of 1 MiB, and the names of a thousand event types may be
 * longer. The client sends forms only for answers that it reads itself, as text.
 */
export async function formOf(sql: string, bindings: Bindings): Promise<Form> {
  const form = new FormData();
  form.set('query', sql);
  for (const [name, value] of Object.entries(bindings)) form.set(`param_${name}`, textOf(value));
  const whole = new Response(form);
  const values = Readable.from([Buffer.from(await whole.arrayBuffer())]);
  return { values, type: whole.headers.get('content-type') ?? '' };
}

/** A value as the server reads it: the format TabSeparated, and inside arrays that of literals. */
function textOf(value: unknown): string {
  if (value === null) return '\\N';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (typeof value === 'string') return escaped(value);
  if (Array.isArray(value))
    return `[${value.map((member) => (typeof member === 'string' ? `'${escaped(member)}'` : textOf(member))).join(',')}]`;
  throw new TypeError(`A value of type ${typeof value} cannot be bound.`);
}

const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": "\\'",
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
  '\0': '\\0',
};

function escaped(text: string): string {
  return text.replace(/[\\'\t\n\r\0]/g, (one) => escapes[one]!);
}
