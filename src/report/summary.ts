import { languages } from '../domain/columns.ts';
import { listFilters } from '../domain/filters.ts';
import type { Counts } from '../store/store.ts';
import type { ReportColumn } from './columns.ts';
import type { SummaryFacts } from './rows.ts';
import type { ReportOrder } from './task.ts';
import { words } from './words/words.ts';

/** The name of the file with the whole records of values that were cut. */
export const overflowName = 'overflow.jsonl';

/** A text, a time (ms since 1970) or a number of rows. */
export type SummaryValue = string | { readonly timeMs: number } | { readonly count: number };

/** Labels (or days, ms since 1970) and their values under a heading; with `bars`, numbers to compare. */
export type SummarySection = {
  readonly heading: string;
  /** The heading over the values, or empty. */
  readonly unit: string;
  readonly bars: boolean;
  readonly lines: readonly (readonly [label: string | { readonly dayMs: number }, value: SummaryValue])[];
};

/** What was asked, who asked, and what the report holds, for people, in the order of the sheet. */
export function summaryOf(
  order: ReportOrder,
  columns: readonly ReportColumn[],
  facts: SummaryFacts,
  written: number,
): SummarySection[] {
  const { request } = order;
  const texts = words[request.language];
  const { summary, sections } = texts;
  const listed = (values: readonly string[], none: string) => (values.length === 0 ? none : values.join(', '));
  const bound = (time: string | null) => (time === null ? texts.noBound : { timeMs: Date.parse(time) });
  const time = (ms: number | null) => (ms === null ? texts.none : { timeMs: ms });
  const given = (label: string, value: string) => (value === '' ? [] : [[label, value] as const]);
  const lines = (heading: string, list: SummarySection['lines']) => ({ heading, unit: '', bars: false, lines: list });
  return [
    lines(sections.question, [
      [summary.source, texts.sources[request.source]],
      [summary.user, request.user ?? listed(request.users, texts.every)],
      [summary.object, request.object ?? texts.every],
      [summary.from, bound(request.from)],
      [summary.until, bound(request.until)],
      [summary.eventTypes, listed(request.eventTypes, texts.every)],
      ...given(summary.services, listed(request.services, '')),
      ...given(summary.recordTypes, listed(request.recordTypes, '')),
      ...given(summary.results, listed(request.results, '')),
      ...given(summary.clientIps, listed(request.clientIps, '')),
      ...given(summary.text, request.text ?? ''),
      [summary.format, request.format.toUpperCase()],
      [summary.columns, columns.map(({ title }) => title).join(', ')],
      [summary.language, languages.find((language) => language === request.language) ?? request.language],
      [summary.timeZone, request.timeZone ?? texts.utcAlone],
    ]),
    lines(sections.request, [
      [summary.app, order.appName === null ? order.app : `${order.appName} (${order.app})`],
      [summary.tenant, order.tenant],
      [summary.job, String(order.jobId)],
      [summary.askedAt, time(order.askedAtMs)],
    ]),
    lines(sections.result, [
      [summary.rows, { count: facts.rows }],
      [summary.first, time(facts.firstMs)],
      [summary.last, time(facts.lastMs)],
    ]),
    lines(sections.completeness, [
      [summary.complete, facts.cutValues === 0 ? texts.yes : texts.no(texts.cut(facts.cutValues, overflowName))],
      [summary.counted, { count: facts.rows }],
      [summary.written, { count: written }],
      [summary.readAt, time(order.readAtMs)],
      [summary.newest, time(facts.newestMs)],
      [summary.cutValues, { count: facts.cutValues }],
      [summary.unknown, listed(unknownNames(order, facts), texts.none)],
    ]),
    ...countsOf(sections.byActivity, facts.byActivity, texts.others, summary.rows, (key) => key),
    ...countsOf(sections.byDay, facts.byDay, texts.earlier, summary.rows, (key) => ({ dayMs: Date.parse(key) })),
  ];
}

/** Names of the question that the store has never had for this tenant and source: they may be misspelt. */
export function unknownNames({ request }: ReportOrder, { unknown }: SummaryFacts): string[] {
  return [
    ...(unknown.user && request.user !== null ? [request.user] : []),
    ...(unknown.object && request.object !== null ? [request.object] : []),
    ...listFilters.flatMap((name) => unknown[name]),
  ];
}

/** A time for people and programs: ISO 8601, UTC, to the millisecond. */
export function isoTime(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

function countsOf(
  heading: string,
  counts: Counts,
  others: string,
  unit: string,
  labelFor: (key: string) => SummarySection['lines'][number][0],
): SummarySection[] {
  if (counts.rows.length === 0) return [];
  const list = counts.rows.map(({ key, count }) => [labelFor(key), { count }] as const);
  const rest = counts.others === 0 ? [] : [[others, { count: counts.others }] as const];
  return [{ heading, unit, bars: true, lines: [...list, ...rest] }];
}
