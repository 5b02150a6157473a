import type { Activity } from '../../domain/activity.ts';
import { stoppedInText } from '../../kit/json.ts';
import { rawControl } from '../json/fault.ts';
import { memberText, oneLine } from '../json/one-line.ts';
import { managementActivity, type Row } from './management.ts';
import { firstText, isObject, isoTime, type JsonObject, type Unusable } from './member.ts';

/**
 * A row of the Purview portal's export or of `Search-UnifiedAuditLog` as an activity. Its audit data decides; columns
 * only fill what that lacks. `rowText` is the row as JSON when it was JSON: audit data that is an object keeps its text.
 */
export function purviewActivity(row: JsonObject, rowText: string | null): Activity | Unusable {
  const data = auditDataOf(row, rowText);
  if ('reason' in data) return data;
  return managementActivity(data.record, oneLine(data.json), columnsOf(row));
}

function auditDataOf(row: JsonObject, rowText: string | null): { record: JsonObject; json: string } | Unusable {
  const cell = row.AuditData;
  if (isObject(cell) && rowText !== null && Object.keys(cell).length > 0) {
    return { record: cell, json: memberText(rowText, 'AuditData') ?? rowText };
  }
  if (typeof cell !== 'string' || cell.trim() === '') return empty;
  let record: unknown;
  try {
    record = JSON.parse(cell);
  } catch (error) {
    return stoppedInText(error) === 'control character' ? { reason: rawControl } : noJson;
  }
  if (!isObject(record)) return record === null ? empty : notObject;
  return Object.keys(record).length === 0 ? empty : { record, json: cell };
}

const noJson: Unusable = { reason: 'AuditData is no whole JSON; expected the audit record as one JSON object.' };
const empty: Unusable = { reason: 'AuditData is empty; expected the audit record as one JSON object.' };
const notObject: Unusable = { reason: 'AuditData is no JSON object; expected the audit record as one.' };

/** The columns of all layouts under the record's names: portal of 8 and 4 columns, cmdlet of 10. */
function columnsOf(row: JsonObject): Row {
  return {
    record: {
      Id: firstText(row.RecordId, row.Identity),
      CreationTime: row.CreationDate,
      UserId: firstText(row.UserId, row.UserIds),
      Operation: firstText(row.Operation, row.Operations),
      RecordType: row.RecordType,
    },
    timeMember: 'CreationDate',
    readTime: rowTime,
  };
}

/** ISO, `3/14/2025 4:26:43 PM` as Export-Csv writes it (US, UTC), or `/Date(1741969603000)/` of Windows PowerShell's JSON. */
function rowTime(written: string): number | null {
  const ticks = /^\/Date\((-?\d{1,15})\)\/$/.exec(written.trim());
  if (ticks !== null) return Number(ticks[1]);
  const us = /^(\d{1,2})\/(\d{1,2})\/(\d{4})[ \u202f](\d{1,2}):(\d{2}):(\d{2})[ \u202f]?([AP]M)?$/i.exec(
    written.trim(),
  );
  if (us === null) return isoTime(written);
  const [, month, day, year, hour, minute, second, half] = us;
  const h = half === undefined ? Number(hour) : (Number(hour) % 12) + (half.toUpperCase() === 'PM' ? 12 : 0);
  if (half !== undefined && (Number(hour) < 1 || Number(hour) > 12)) return null;
  const two = (part: string | number | undefined) => String(part).padStart(2, '0');
  return isoTime(`${year}-${two(month)}-${two(day)}T${two(h)}:${minute}:${second}`);
}
