import { languages } from '../domain/columns.ts';
import type { ReportColumn } from './columns.ts';
import type { SummaryFacts } from './rows.ts';
import type { ReportOrder } from './task.ts';
import { words } from './words/words.ts';

/** The name of the file that holds what was cut. */
export const overflowName = 'overflow.jsonl';

/** What was asked, by whom, and what came of it, for people: label and value, in the order of the sheet. */
export function summaryLines(
  order: ReportOrder,
  columns: readonly ReportColumn[],
  facts: SummaryFacts,
): [label: string, value: string][] {
  const { request } = order;
  const say = words[request.language];
  const { summary } = say;
  const listed = (values: readonly string[]) => (values.length === 0 ? say.every : values.join(', '));
  return [
    [summary.report, summary.activityReport],
    [summary.source, say.sources[request.source]],
    [summary.user, request.user ?? say.every],
    [summary.object, request.object ?? say.every],
    [summary.from, request.from ?? say.noBound],
    [summary.until, request.until ?? say.noBound],
    [summary.eventTypes, listed(request.eventTypes)],
    [summary.format, request.format.toUpperCase()],
    [summary.columns, columns.map(({ title }) => title).join(', ')],
    [summary.language, languages.find((language) => language === request.language) ?? request.language],
    [summary.timeZone, request.timeZone ?? say.utcAlone],
    [summary.tenant, order.tenant],
    [summary.app, order.app],
    [summary.job, String(order.jobId)],
    [summary.askedAt, isoTime(order.askedAtMs) ?? say.none],
    [summary.rows, String(facts.rows)],
    [summary.first, isoTime(facts.firstMs) ?? say.none],
    [summary.last, isoTime(facts.lastMs) ?? say.none],
    [summary.complete, facts.cutValues === 0 ? say.yes : say.no(say.cut(facts.cutValues, overflowName))],
    [summary.cutValues, String(facts.cutValues)],
    [summary.newest, isoTime(facts.newestMs) ?? say.none],
  ];
}

/** A time for people and programs: ISO 8601, UTC, to the millisecond. */
export function isoTime(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
