import { careBits, careColumns } from '../domain/care.ts';
import type { ColumnName } from '../domain/columns.ts';
import type { ExportRequest } from '../domain/job.ts';
import { words } from './words/words.ts';

/** A column as it stands in a report: one that was asked for, or the time in the zone that was asked for. */
export type ReportColumn = {
  readonly name: ColumnName | 'localTime';
  readonly title: string;
  /** The column of `trailport.activity` that it is made from. */
  readonly source: string;
  /** Its bit in `care`, and the one that says it is empty; times have none, `raw` is never empty. */
  readonly careBit: number | null;
  readonly emptyBit: number | null;
  /** In characters, as a spreadsheet counts them. */
  readonly width: number;
};

const table = {
  time: ['time', 24],
  user: ['user', 32],
  userType: ['user_type', 12],
  activity: ['activity', 26],
  service: ['service', 18],
  itemType: ['item_type', 12],
  item: ['item', 36],
  object: ['object', 60],
  site: ['site', 40],
  result: ['result', 12],
  clientIp: ['client_ip', 18],
  userAgent: ['user_agent', 30],
  recordType: ['record_type', 24],
  activityId: ['activity_id', 38],
  raw: ['raw', 60],
} as const satisfies Record<ColumnName, readonly [source: string, width: number]>;

/** The columns of a report in the order asked for, the local time beside the UTC one. */
export function reportColumns(request: Pick<ExportRequest, 'columns' | 'language' | 'timeZone'>): ReportColumn[] {
  const { titles, localTime } = words[request.language];
  const { timeZone } = request;
  return request.columns.flatMap((name): ReportColumn[] => {
    const [source, width] = table[name];
    const i = (careColumns as readonly string[]).indexOf(name);
    const careBit = name === 'raw' ? careBits.raw : i < 0 ? null : i;
    const column = { name, title: titles[name], source, careBit, emptyBit: i < 0 ? null : careBits.empty + i, width };
    return name === 'time' && timeZone !== null
      ? [column, { ...column, name: 'localTime', title: localTime(timeZone) }]
      : [column];
  });
}
