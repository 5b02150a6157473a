import type { Activity } from '../../domain/activity.ts';
import { stoppedInText } from '../../kit/json.ts';
import { faultFrom, noObject } from '../json/fault.ts';
import { oneLine } from '../json/one-line.ts';
import { googleActivities } from './google.ts';
import { graphActivity } from './graph.ts';
import { managementActivity } from './management.ts';
import { inside, isObject, type JsonObject, type Unusable } from './member.ts';
import { purviewActivity } from './purview.ts';

/** What became of one record's text. `known`: it is of a kind that we read, be it usable or not. */
export type Understood = { readonly known: boolean; readonly outcomes: readonly (Activity | Unusable)[] };

/** Reads the JSON text of one record, of whatever kind. */
export function understand(json: string): Understood {
  let record: unknown;
  try {
    record = JSON.parse(json);
    if (isObject(record) && hasInexactId(record)) record = JSON.parse(json, exactly);
  } catch (error) {
    // Of a record that only wants escaping it is not known that it is none of ours.
    return unusable(stoppedInText(error) === 'control character', faultFrom(error));
  }
  if (!isObject(record)) return unusable(false, noObject);
  try {
    return byKind(record, json);
  } catch (error) {
    // JSON.stringify of a member that is nested thousands deep.
    if (error instanceof RangeError) return unusable(true, 'The record is nested too deep; expected texts.');
    throw error;
  }
}

function byKind(record: JsonObject, json: string): Understood {
  if (isObject(record.id) && ('events' in record || 'actor' in record || record.kind === 'admin#reports#activity')) {
    return { known: true, outcomes: googleActivities(record, oneLine(json)) };
  }
  if ('AuditData' in record) return { known: true, outcomes: [purviewActivity(record, json)] };
  if ('auditData' in record || ('createdDateTime' in record && 'auditLogRecordType' in record)) {
    return { known: true, outcomes: [graphActivity(record, oneLine(json))] };
  }
  if (managementMembers.filter((name) => name in record).length >= 2) {
    return { known: true, outcomes: [managementActivity(record, oneLine(json))] };
  }
  return isEmptyPage(record)
    ? { known: true, outcomes: [] }
    : unusable(false, 'The record is of no known kind; expected a Microsoft 365 or Google Workspace audit record.');
}

/** Two of these make a record of the Management Activity API, so that one that lacks its Id is told so. */
const managementMembers = ['Id', 'CreationTime', 'Operation', 'RecordType', 'UserId', 'Workload'];

/** A page of results that lists none: Google leaves `items` out then. */
function isEmptyPage(record: JsonObject): boolean {
  return (
    record.kind === 'admin#reports#activities' || (typeof record['@odata.context'] === 'string' && !('id' in record))
  );
}

/** Some tools write ids as bare numbers beyond 2^53, where two of them would read as one. */
function hasInexactId(record: JsonObject): boolean {
  return [record.Id, record.RecordId, record.Identity, inside(record.id, 'uniqueQualifier')].some(
    (id) => typeof id === 'number' && !Number.isSafeInteger(id),
  );
}

function exactly(_name: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === 'number' && !Number.isSafeInteger(value) ? (context?.source ?? value) : value;
}

function unusable(known: boolean, reason: string): Understood {
  return { known, outcomes: [{ reason }] };
}
