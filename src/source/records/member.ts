import { earliestTimeMs, latestTimeMs } from '../../domain/activity.ts';
import { writtenTime } from '../../domain/period.ts';

/** A parsed JSON object: members by name. */
export type JsonObject = { readonly [name: string]: unknown };

/** Why a record, or a part of one, cannot be taken: one plain sentence, without its content. */
export type Unusable = { readonly reason: string };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A member's elements, none when it is no list. */
export function elements(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
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

/** The first of the values that says something. */
export function firstText(...values: readonly unknown[]): string {
  for (const value of values) {
    const written = text(value);
    if (written !== '') return written;
  }
  return '';
}

/** Milliseconds since 1970 of a member that holds a time, or why not. */
export function timeFrom(
  member: string,
  written: string,
  read: (written: string) => number | null = isoTime,
): number | Unusable {
  if (written === '') return { reason: `The record has no ${member}; expected a time such as 2026-11-23T17:00:00.` };
  const timeMs = read(written);
  if (timeMs === null) {
    return { reason: `${member} is no time that exists; expected ISO 8601 such as 2026-11-23T17:00:00 (UTC).` };
  }
  if (timeMs < earliestTimeMs || timeMs > latestTimeMs) {
    return { reason: `${member} is not between the years 1900 and 2299; expected a time that can be kept.` };
  }
  return timeMs;
}

export function isoTime(written: string): number | null {
  return writtenTime(written)?.ms ?? null;
}
