import type { Source } from '../../domain/activity.ts';
import { type ColumnName, defaultColumns, type Language, languages, type ReportFormat } from '../../domain/columns.ts';
import { Failure } from '../../domain/failure.ts';
import type { ExportRequest } from '../../domain/job.ts';
import type { Period } from '../../domain/period.ts';

/** The options of a caller, for both ways to start an export. */
type Asked = {
  readonly source: Source;
  readonly user?: string | null | undefined;
  readonly object?: string | null | undefined;
  readonly period: Period;
  readonly eventTypes?: readonly string[] | undefined;
  readonly format?: ReportFormat | undefined;
  readonly columns?: readonly ColumnName[] | undefined;
  readonly language?: Language | undefined;
  readonly timeZone?: string | null | undefined;
};

/** The request with every default filled in, so that equal requests are equal texts. */
export function exportRequestFor(asked: Asked): ExportRequest {
  const { source, user, object, period, eventTypes = [], format, columns, language, timeZone } = asked;
  return {
    source,
    user: user?.toWellFormed() ?? null,
    object: object?.toWellFormed() ?? null,
    from: isoOrNull(period.fromMs),
    until: isoOrNull(period.untilMs),
    eventTypes: [...new Set(eventTypes.map((name) => name.toWellFormed()))],
    format: format ?? 'xlsx',
    columns: columns ?? defaultColumns,
    language: language ?? 'en-US',
    timeZone: timeZone ?? null,
  };
}

/** Throws `parameter_invalid` for a language that reports do not have. */
export function languageFrom(text: string): Language {
  const language = languages.find((known) => known.toLowerCase() === text.toLowerCase());
  if (language === undefined)
    throw new Failure('parameter_invalid', `language must be one of ${languages.join(', ')}.`);
  return language;
}

function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
