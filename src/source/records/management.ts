import type { Activity } from '../../domain/activity.ts';
import { clientIpFor } from '../../domain/client-ip.ts';
import type { DateOrder } from './values/date-order.ts';
import { elements, firstText, inside, isObject, type JsonObject, text, type Unusable } from './values/member.ts';
import { recordTypeName, userTypeName } from './values/record-types.ts';
import { timeFrom } from './values/time.ts';

/**
 * What an export's row has besides the record, under the record's member names; it only fills what the record lacks.
 */
export type Row = {
  readonly record: JsonObject;
  /** What the row calls its time. */
  readonly timeMember: string;
};

const noRow: Row = { record: {}, timeMember: 'CreationTime' };

/** A record of the Office 365 Management Activity API as an activity. `raw` is the record's text on one line. */
export function managementActivity(
  record: JsonObject,
  raw: string,
  order: DateOrder,
  row: Row = noRow,
): Activity | Unusable {
  const fill = row.record;
  const activityId = text(record.Id) || text(fill.Id);
  if (activityId === '') return { reason: 'The record has no Id; expected the text that identifies it.' };
  const timeMs =
    text(record.CreationTime) === ''
      ? timeFrom(row.timeMember, fill.CreationTime, order)
      : timeFrom('CreationTime', record.CreationTime, order);
  if (typeof timeMs !== 'number') return timeMs;
  const objectId = text(record.ObjectId) || text(fill.ObjectId);
  return {
    source: 'microsoft365',
    activityId,
    timeMs,
    user: text(record.UserId) || text(fill.UserId),
    userType: userTypeName(text(record.UserType) || text(fill.UserType)),
    activity: text(record.Operation) || text(fill.Operation),
    service: text(record.Workload) || text(fill.Workload),
    itemType: text(record.ItemType),
    item: itemOf(record, objectId),
    // Mailbox operations have no ObjectId: what they act on is the mailbox.
    object: objectId === '' ? text(record.MailboxOwnerUPN) : objectId,
    site: text(record.SiteUrl),
    result: text(record.ResultStatus),
    clientIp: clientIpFor(
      text(record.ClientIP) || text(record.ClientIPAddress) || text(record.ActorIpAddress) || text(fill.ClientIP),
    ),
    userAgent: userAgentOf(record),
    recordType: recordTypeOf(text(record.RecordType), text(fill.RecordType)),
    raw,
  };
}

/** A number without a known name gets the name that the row has for it. */
function recordTypeOf(own: string, row: string): string {
  const name = recordTypeName(own);
  // A name that differs is no number.
  if (name !== own || (name !== '' && !/^-?\d+$/.test(name))) return name;
  return row === '' ? name : recordTypeName(row);
}

function itemOf(record: JsonObject, objectId: string): string {
  const fileName = text(record.SourceFileName);
  if (fileName !== '') return fileName;
  if (objectId !== '') return lastPart(objectId);
  return firstText(
    inside(record.Item, 'Subject'),
    inside(elements(record.AffectedItems)[0], 'Subject'),
    inside(record.Folder, 'Path'),
    inside(inside(record.Item, 'ParentFolder'), 'Path'),
    inside(inside(elements(record.AffectedItems)[0], 'ParentFolder'), 'Path'),
    inside(elements(record.Folders)[0], 'Path'),
  );
}

/**
 * The last part of a path, as written. Windows paths (`C:\…`, `\\server\…`, `\Device\…`) have backslashes between their
 * parts; elsewhere a backslash is part of a name (`tenant\name`). An id without a separator is its own last part. `?`
 * begins a URL's query: it cannot be in a SharePoint name, `#` can.
 */
function lastPart(objectId: string): string {
  if (isWindowsPath(objectId)) return partAfter(objectId, '\\', objectId.length);
  const query = /^[a-z][a-z0-9+.-]{0,30}:\/\//i.test(objectId) ? objectId.indexOf('?') : -1;
  return partAfter(objectId, '/', query < 0 ? objectId.length : query);
}

function isWindowsPath(objectId: string): boolean {
  return /^(?:[a-z]:\\|\\\\|\\(?:device|\?\?)\\)/i.test(objectId);
}

function partAfter(path: string, separator: string, length: number): string {
  let end = length;
  while (end > 0 && path[end - 1] === separator) end--;
  return end === 0 ? path : path.slice(path.lastIndexOf(separator, end - 1) + 1, end);
}

/**
 * Entra sign-ins keep the user agent among their extended properties. Exchange's ClientInfoString is not a user agent.
 */
function userAgentOf(record: JsonObject): string {
  const own = text(record.UserAgent);
  if (own !== '') return own;
  for (const property of elements(record.ExtendedProperties)) {
    if (isObject(property) && property.Name === 'UserAgent') return text(property.Value);
  }
  return '';
}
