import type { ColumnName } from '../domain/columns.ts';
import type { ExportRequest } from '../domain/job.ts';
import type { AskedColumn } from '../store/store.ts';
import { words } from './words/words.ts';

/** A column of a report: one that was asked for, or the time in the zone that was asked for. */
export type ReportColumn = {
  readonly name: AskedColumn;
  readonly title: string;
  /** In characters, as a spreadsheet counts them. */
  readonly width: number;
};

/** The greatest width of each column; a column whose values are short is narrower. */
const widths = {
  time: 23,
  user: 28,
  userType: 12,
  activity: 28,
  service: 18,
  itemType: 12,
  item: 30,
  object: 40,
  site: 40,
  result: 14,
  clientIp: 18,
  userAgent: 18,
  recordType: 22,
  activityId: 22,
  raw: 60,
} as const satisfies Record<ColumnName, number>;

/** The columns of a report in the order asked for, the local time beside the UTC one. */
export function reportColumns(request: Pick<ExportRequest, 'columns' | 'language' | 'timeZone'>): ReportColumn[] {
  const { titles, localTime } = words[request.language];
  const { timeZone } = request;
  return request.columns.flatMap((name): ReportColumn[] => {
    const column = { name, title: titles[name], width: widths[name] };
    return name === 'time' && timeZone !== null
      ? [column, { ...column, name: 'localTime', title: unlike(column.title, localTime(timeZone)) }]
      : [column];
  });
}

/** Titles of a table must differ: a second column in UTC is numbered. */
function unlike(other: string, title: string): string {
  return title === other ? `${title} 2` : title;
}
