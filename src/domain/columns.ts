/** A report's columns by name, in their default order; `raw` comes only when asked for. */
export const columnNames = [
  'time',
  'user',
  'userType',
  'activity',
  'service',
  'itemType',
  'item',
  'object',
  'site',
  'result',
  'clientIp',
  'userAgent',
  'recordType',
  'activityId',
  'raw',
] as const;

export type ColumnName = (typeof columnNames)[number];

/** The columns that hold a text of the activity: all but its time and the original record. */
export const textColumns = [
  'user',
  'userType',
  'activity',
  'service',
  'itemType',
  'item',
  'object',
  'site',
  'result',
  'clientIp',
  'userAgent',
  'recordType',
  'activityId',
] as const satisfies readonly ColumnName[];

export const defaultColumns: readonly ColumnName[] = columnNames.filter((name) => name !== 'raw');

/** The languages that titles and the Summary speak. */
export const languages = ['en-US', 'ja-JP', 'fr-FR'] as const;
export type Language = (typeof languages)[number];

export const reportFormats = ['xlsx', 'csv', 'jsonl', 'parquet'] as const;
export type ReportFormat = (typeof reportFormats)[number];
