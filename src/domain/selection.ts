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
  /** Names of activities, whatever their letter case; empty for all. */
  readonly eventTypes: readonly string[];
};

/** The activities that an export asks for. */
export function selectionFor(tenant: TenantId, request: ExportRequest): Selection {
  const { source, user, object, from, until, eventTypes } = request;
  return { tenant, source, user, object, period: periodFromBounds(from, until), eventTypes };
}

/**
 * A user from one URL segment that the router has decoded once. Published samples encode guests twice; a principal
 * name never holds `%`, so what is still encoded was.
 */
export function userFromSegment(segment: string): string {
  return /%[0-9a-f]{2}/i.test(segment) ? decodedOnce(segment) : segment;
}

/**
 * An object from one URL segment that the router has decoded once. It was encoded twice if it still has only the
 * characters that an encoder writes: `https%3A%2F%2F…` was, `https://…/Shared%20Documents` was not.
 */
export function objectFromSegment(segment: string): string {
  return /%[0-9a-f]{2}/i.test(segment) && /^[A-Za-z0-9\-_.!~*'()%]*$/.test(segment) ? decodedOnce(segment) : segment;
}

/** Decodes every `%` with two digits; a text that is not UTF-8 after this stays as it is. */
function decodedOnce(text: string): string {
  try {
    return decodeURIComponent(text.replace(/%(?![0-9a-f]{2})/gi, '%25'));
  } catch {
    return text;
  }
}
