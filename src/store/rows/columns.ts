import type { ColumnName } from '../../domain/columns.ts';
import type { AskedColumn } from './ask.ts';

/** The column of `trailport.activity` that each column of a report is made from. */
const storedColumns = {
  time: 'time',
  user: 'user',
  userType: 'user_type',
  activity: 'activity',
  service: 'service',
  itemType: 'item_type',
  item: 'item',
  object: 'object',
  site: 'site',
  result: 'result',
  clientIp: 'client_ip',
  userAgent: 'user_agent',
  recordType: 'record_type',
  activityId: 'activity_id',
  raw: 'raw',
} as const satisfies Record<ColumnName, string>;

export function storedColumn(name: AskedColumn): string {
  return storedColumns[name === 'localTime' ? 'time' : name];
}
