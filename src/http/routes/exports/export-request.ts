import type { Source } from '../../../domain/activity.ts';
import { clientIpFor } from '../../../domain/client-ip.ts';
import {
  type ColumnName,
  defaultColumns,
  type Language,
  languages,
  type ReportFormat,
} from '../../../domain/columns.ts';
import { Failure } from '../../../domain/failure.ts';
import type { Filters } from '../../../domain/filters.ts';
import type { ExportRequest } from '../../../domain/job.ts';
import type { Period } from '../../../domain/period.ts';

/** Filters as a caller gives them: what is left out filters nothing. */
export type AskedFilters = { readonly [name in keyof Filters]?: Filters[name] | undefined };

/** The options of a caller, for both ways to start an export. */
type Asked = AskedFilters & {
  readonly source: Source;
  readonly period: Period;
  readonly format?: ReportFormat | undefined;
  readonly columns?: readonly ColumnName[] | undefined;
  readonly language?: Language | undefined;
  readonly timeZone?: string | null | undefined;
};

/** The request with every default filled in, so that equal requests are equal texts. */
export function exportRequestFor(asked: Asked): ExportRequest {
  const { source, period, format, columns, language, timeZone } = asked;
  const { user, object, ...others } = filtersFrom(asked);
  return {
    source,
    user,
    object,
    from: isoOrNull(period.fromMs),
    until: isoOrNull(period.untilMs),
    ...others,
    format: format ?? 'xlsx',
    columns: columns ?? defaultColumns,
    language: language ?? 'en-US',
    timeZone: timeZone ?? null,
  };
}

/** Filters with every default filled in. Throws `parameter_invalid` where `user` and `users` are given. */
export function filtersFrom(asked: AskedFilters): Filters {
  const { user = null, object = null, text = null } = asked;
  const users = distinct(asked.users);
  if (user !== null && users.length > 0) {
    throw new Failure('parameter_invalid', 'user and users are one filter; send users alone.');
  }
  const [only = null] = users;
  return {
    user: users.length === 1 ? only : (user?.toWellFormed() ?? null),
    object: object?.toWellFormed() ?? null,
    users: users.length === 1 ? [] : users,
    eventTypes: distinct(asked.eventTypes),
    services: distinct(asked.services),
    recordTypes: distinct(asked.recordTypes),
    results: distinct(asked.results),
    clientIps: distinct(asked.clientIps?.map(clientIpFor)),
    text: text?.toWellFormed() ?? null,
  };
}

function distinct(texts: readonly string[] = []): readonly string[] {
  return [...new Set(texts.map((text) => text.toWellFormed()))];
}

/** Throws `parameter_invalid` for a language that reports do not have. */
export function languageFrom(text: string): Language {
  const language = languages.find((known) => known.toLowerCase() === text.toLowerCase());
  if (language === undefined)
    throw new Failure('parameter_invalid', `language must be one of ${languages.join(', ')}.`);
  return language;
}

/** A `+` that was not percent-encoded arrives as a space. After a time of day it can only be the sign of the zone. */
export function withPlusOfZone(text: string): string {
  const [time = '', zone = '', ...more] = text.split(' ');
  const isZone = more.length === 0 && /T/i.test(time) && /^\d{2}:?\d{2}$/.test(zone);
  return isZone ? `${time}+${zone}` : text;
}

function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
