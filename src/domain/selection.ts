import type { Source } from './activity.ts';
import type { TenantId } from './ids.ts';
import type { ExportRequest } from './job.ts';
import { type Period, periodFromBounds } from './period.ts';

/** Whose activities, on what, when and which: what an export asks of the store. */
export type Selection = {
  readonly tenant: TenantId;
  readonly source: Source;
  /** The user as asked for, decoded; null for every user. */
  readonly user: string | null;
  /** The object as asked for, decoded; null for every object. */
  readonly object: string | null;
  readonly period: Period;
  /** Names of activities, to the letter; empty for all. */
  readonly eventTypes: readonly string[];
};

/** The activities that an export asks for. */
export function selectionFor(tenant: TenantId, request: ExportRequest): Selection {
  const { source, user, object, from, until, eventTypes } = request;
  return { tenant, source, user, object, period: periodFromBounds(from, until), eventTypes };
}

/** What users are compared by: two spellings of one user differ in case only. */
export function userKeyFor(user: string): string {
  return user.normalize('NFC').toLowerCase();
}

/**
 * What objects are compared by. A URL loses its percent-encoding, case and trailing slashes, so that an object and
 * what lies below it share a prefix; anything else (mail item, document id) stands for itself.
 */
export function objectKeyFor(object: string): string {
  return isUrl(object) ? decodedWholly(object).normalize('NFC').toLowerCase().replace(/\/+$/, '') : object;
}

/** Whether an object has others below it. */
export function isUrl(object: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(object);
}

/**
 * A user from one URL segment that the router has decoded once. Published samples encode guests twice; a principal
 * name never holds `%`, so what is still encoded was.
 */
export function userFromSegment(segment: string): string {
  return /%[0-9a-f]{2}/i.test(segment) ? decodedOnce(segment) : segment;
}

/**
 * An object from one URL segment that the router has decoded once. It was encoded twice when nothing but an encoder's
 * alphabet is left: `https%3A%2F%2F…` was, `https://…/Shared%20Documents` was not.
 */
export function objectFromSegment(segment: string): string {
  return /%[0-9a-f]{2}/i.test(segment) && /^[A-Za-z0-9\-_.!~*'()%]*$/.test(segment) ? decodedOnce(segment) : segment;
}

function decodedWholly(url: string): string {
  let text = url;
  // Three layers are more than any client writes, and a bound keeps `%2525…` from costing a pass per layer.
  for (let layer = 0; layer < 3 && /%[0-9a-f]{2}/i.test(text); layer++) text = decodedOnce(text);
  return text;
}

/** Decodes every run of valid UTF-8 escapes; what is not one stays as it is. */
function decodedOnce(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      return run;
    }
  });
}
