import { isObject, type JsonObject } from './values/member.ts';

/**
 * Columns under the names that a record of the Management Activity API gives its members: Purview's and the cmdlet's
 * columns, Microsoft Graph's, those of Sentinel's table OfficeActivity. The first name that a row has counts.
 */
const namesOf = {
  Id: ['Id', 'RecordId', 'Identity', 'OfficeId'],
  CreationTime: ['CreationTime', 'CreationDate', 'createdDateTime', 'TimeGenerated'],
  UserId: ['userPrincipalName', 'UserId', 'UserIds'],
  UserType: ['UserType'],
  UserKey: ['UserKey'],
  Operation: ['Operation', 'Operations'],
  Workload: ['Workload', 'OfficeWorkload', 'service'],
  ObjectId: ['ObjectId', 'OfficeObjectId'],
  ItemType: ['ItemType'],
  SourceFileName: ['SourceFileName'],
  SiteUrl: ['SiteUrl', 'Site_Url'],
  MailboxOwnerUPN: ['MailboxOwnerUPN'],
  ResultStatus: ['ResultStatus'],
  ClientIP: ['ClientIP', 'Client_IPAddress', 'ClientIP_', 'ClientIPAddress', 'ActorIpAddress'],
  UserAgent: ['UserAgent'],
  RecordType: ['RecordType', 'auditLogRecordType', 'OfficeRecordType'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** What tables call the column of an activity's time. */
export const timeColumns: readonly string[] = namesOf.CreationTime;

/** Every known name once, and its place in this list by its lower case. */
const names: readonly string[] = [...new Set(Object.values(namesOf).flat())];
const places = new Map(names.map((name, place) => [name.toLowerCase(), place]));
const noPlace = -1;

/** The fields with the places of their names. */
const fields: readonly (readonly [string, readonly number[]])[] = Object.entries(namesOf).map(([field, own]) => [
  field,
  own.map((name) => names.indexOf(name)),
]);
const timePlaces = namesOf.CreationTime.map((name) => names.indexOf(name));
const graphTime = names.indexOf('createdDateTime');
const userId = names.indexOf('UserId');

/** The same by names as files write them: millions of rows have the same few. */
const asWritten = new Map<string, number>();
const mostKept = 5000;

function placeOf(name: string): number {
  const known = asWritten.get(name);
  if (known !== undefined) return known;
  const place = places.get(name.toLowerCase()) ?? noPlace;
  if (asWritten.size < mostKept && name.length < 100) asWritten.set(name, place);
  return place;
}

function canonicalOf(name: string): string | undefined {
  return names[placeOf(name)];
}

/** By place, the name that the current row has for it; one list for all rows, emptied for each. */
const written: (string | null)[] = names.map(() => null);

/** A row's values under the record's names, and the name of the column that holds the time. Case does not matter. */
export function columnsOf(row: JsonObject): { readonly record: JsonObject; readonly timeMember: string } {
  written.fill(null);
  for (const name of Object.keys(row)) {
    const place = placeOf(name);
    if (place !== noPlace && !isNothing(row[name])) written[place] ??= name;
  }
  // Graph's `userId` is the user's key, in whatever case a tool writes it.
  if (written[graphTime] !== null) written[userId] = null;
  const record: Record<string, unknown> = {};
  for (const [field, own] of fields) {
    const name = firstWritten(own);
    if (name !== null) record[field] = row[name];
  }
  return { record, timeMember: firstWritten(timePlaces) ?? 'CreationTime' };
}

function firstWritten(own: readonly number[]): string | null {
  for (const place of own) {
    const name = written[place]!;
    if (name !== null) return name;
  }
  return null;
}

/** Whether a row has an id and a time under any of their names, and so can be an activity without any other record. */
export function isFlat(names: readonly string[]): boolean {
  const known = new Set(names.map(canonicalOf));
  const has = (one: keyof typeof namesOf) => namesOf[one].some((name) => known.has(name));
  return has('Id') && has('CreationTime') && (has('Operation') || has('UserId') || has('RecordType'));
}

/** A column name that is known whatever its case, as it is usually written; Sentinel's portal adds a zone to it. */
export function columnName(written: string): string {
  const name = written.replace(/^\ufeff/, '').trim();
  const plain = /^TimeGenerated \[[^\]]{1,40}\]$/i.test(name) ? 'TimeGenerated' : name;
  return plain.toLowerCase() === 'auditdata' ? 'AuditData' : (canonicalOf(plain) ?? plain);
}

/**
 * A row with names such as `auditData.ClientIP` or `Parameters[0].Name` as the object that was flattened. Names that
 * are too deep, and those whose place is taken, stay as they are.
 */
export function nested(row: JsonObject): JsonObject {
  const root: Record<string, unknown> = Object.create(null);
  for (const [name, value] of Object.entries(row)) {
    const path = name.length > 200 ? [name] : name.replaceAll(/\[(\d{1,4})\]/g, '.$1').split('.');
    if (path.length > 8 || !place(root, path, value)) root[name] = value;
  }
  return root;
}

function place(root: Record<string, unknown>, path: readonly string[], value: unknown): boolean {
  let at = root;
  for (const part of path.slice(0, -1)) {
    at[part] ??= Object.create(null);
    const next = at[part];
    if (!isObject(next)) return false;
    at = next as Record<string, unknown>;
  }
  const last = path.at(-1)!;
  if (last in at) return false;
  at[last] = value;
  return true;
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}
