import type { Source } from './activity.ts';
import { type Filters, filtersOf } from './filters.ts';
import type { TenantId } from './ids.ts';
import type { ExportRequest } from './job.ts';
import { type Period, periodFromBounds } from './period.ts';

/** The activities that are asked of the store. Texts are as asked for, decoded. */
export type Selection = Filters & {
  readonly tenant: TenantId;
  readonly source: Source;
  readonly period: Period;
};

/** The activities that an export asks for. */
export function selectionFor(tenant: TenantId, request: ExportRequest): Selection {
  const { source, from, until } = request;
  return { tenant, source, period: periodFromBounds(from, until), ...filtersOf(request) };
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
