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

const fields: readonly (readonly [string, readonly string[]])[] = Object.entries(namesOf);

/** What tables call the column of an activity's time. */
export const timeColumns: readonly string[] = namesOf.CreationTime;

const canonical = new Map(
  Object.values(namesOf).flatMap((names) => names.map((name): [string, string] => [name.toLowerCase(), name])),
);

/** The same by names as files write them: millions of rows have the same few. */
const asWritten = new Map<string, string | undefined>();
const mostKept = 5000;

function canonicalOf(name: string): string | undefined {
  if (asWritten.has(name)) return asWritten.get(name);
  const known = canonical.get(name.toLowerCase());
  if (asWritten.size < mostKept && name.length < 100) asWritten.set(name, known);
  return known;
}

/** A row's values under the record's names, and the name of the column that holds the time. Case does not matter. */
export function columnsOf(row: JsonObject): { readonly record: JsonObject; readonly timeMember: string } {
  const found = new Map<string, string>();
  for (const name of Object.keys(row)) {
    const known = canonicalOf(name);
    if (known !== undefined && !isNothing(row[name]) && !found.has(known)) found.set(known, name);
  }
  // Graph's `userId` is the user's key, in whatever case a tool writes it.
  if (found.has('createdDateTime')) found.delete('UserId');
  const record: Record<string, unknown> = {};
  for (const [name, columns] of fields) {
    const column = columns.find((one) => found.has(one));
    if (column !== undefined) record[name] = row[found.get(column)!];
  }
  const time = namesOf.CreationTime.find((name) => found.has(name));
  return { record, timeMember: (time && found.get(time)) ?? 'CreationTime' };
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
