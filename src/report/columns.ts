import type { ColumnName } from '../domain/columns.ts';
import type { ExportRequest } from '../domain/job.ts';
import type { AskedColumn } from '../store/store.ts';
import { words } from './words/words.ts';

/** A column as it stands in a report: one that was asked for, or the time in the zone that was asked for. */
export type ReportColumn = {
  readonly name: AskedColumn;
  readonly title: string;
  /** In characters, as a spreadsheet counts them. */
  readonly width: number;
};

const widths = {
  time: 24,
  user: 32,
  userType: 12,
  activity: 26,
  service: 18,
  itemType: 12,
  item: 36,
  object: 60,
  site: 40,
  result: 12,
  clientIp: 18,
  userAgent: 30,
  recordType: 24,
  activityId: 38,
  raw: 60,
} as const satisfies Record<ColumnName, number>;

/** The columns of a report in the order asked for, the local time beside the UTC one. */
export function reportColumns(request: Pick<ExportRequest, 'columns' | 'language' | 'timeZone'>): ReportColumn[] {
  const { titles, localTime } = words[request.language];
  const { timeZone } = request;
  return request.columns.flatMap((name): ReportColumn[] => {
    const column = { name, title: titles[name], width: widths[name] };
    return name === 'time' && timeZone !== null
      ? [column, { ...column, name: 'localTime', title: localTime(timeZone) }]
      : [column];
  });
}
