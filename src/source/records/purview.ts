import type { Activity } from '../../domain/activity.ts';
import { stoppedInText } from '../../kit/json.ts';
import { rawControl } from '../json/fault.ts';
import { memberTexts, oneLine } from '../json/one-line.ts';
import { columnsOf } from './columns.ts';
import { managementActivity } from './management.ts';
import { isTypeName, typeNameInstead } from './powershell.ts';
import type { DateOrder } from './values/date-order.ts';
import { isObject, type JsonObject, type Unusable } from './values/member.ts';
import { seeDate } from './values/time.ts';

const auditData = new Set(['AuditData']);

/**
 * A row of the Purview portal's export or of `Search-UnifiedAuditLog` as an activity. Its audit data decides; columns
 * only fill what that lacks. `rowText` is the row as JSON when it was JSON: audit data that is an object keeps its
 * text.
 */
export function purviewActivity(row: JsonObject, rowText: string | null, order: DateOrder): Activity | Unusable {
  const columns = columnsOf(row);
  seeDate(columns.record.CreationTime, order);
  const data = auditDataOf(row, rowText);
  if ('reason' in data) return data;
  return managementActivity(data.record, oneLine(data.json), order, columns);
}

function auditDataOf(row: JsonObject, rowText: string | null): { record: JsonObject; json: string } | Unusable {
  const cell = row.AuditData;
  if (isObject(cell) && rowText !== null && Object.keys(cell).length > 0) {
    return { record: cell, json: memberTexts(rowText, auditData).get('AuditData') ?? rowText };
  }
  if (typeof cell !== 'string' || cell.trim() === '') return empty;
  if (isTypeName(cell)) return typeNameInstead('AuditData');
  let record: unknown;
  try {
    record = JSON.parse(cell);
  } catch (error) {
    return stoppedInText(error) === 'control character' ? { reason: rawControl } : noJson;
  }
  if (!isObject(record)) return record === null ? empty : notObject;
  return Object.keys(record).length === 0 ? empty : { record, json: cell };
}

const noJson: Unusable = { reason: 'AuditData is not complete JSON; expected the audit record as one JSON object.' };
const empty: Unusable = { reason: 'AuditData is empty; expected the audit record as one JSON object.' };
const notObject: Unusable = { reason: 'AuditData is not a JSON object; expected the audit record as one.' };
