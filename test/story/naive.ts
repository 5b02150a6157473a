import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';

/**
 * The plainest reading of audit records, written without any of the program's code: the columns that a record gives,
 * and which of several records with one id stands (the longest text).
 */
export type Plain = {
  readonly source: 'microsoft365' | 'google';
  readonly id: string;
  readonly time: string;
  readonly user: string;
  readonly activity: string;
  readonly object: string;
  readonly item: string;
  readonly service: string;
  readonly result: string;
  readonly recordType: string;
  readonly clientIp: string;
  /** Bytes of the record's text. */
  readonly length: number;
};

export type Json = Readonly<Record<string, unknown>>;

const folder = new URL('../../../shared/data/', import.meta.url);
export const sharedDataIsHere = existsSync(folder);

/** Every file by its path below the folder, with its bytes. */
export function sharedFiles(): { name: string; bytes: Buffer }[] {
  return ['m365-management-api', 'purview-csv', 'graph-audit', 'google-reports'].flatMap((kind) =>
    readdirSync(new URL(`${kind}/`, folder)).map((name) => ({
      name: `${kind}/${name}`,
      bytes: readFileSync(new URL(`${kind}/${name}`, folder)),
    })),
  );
}

/** What a file holds; records without a time that exists are left out. */
export function plainRecords(name: string, bytes: Buffer): Plain[] {
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '');
  if (name.includes('expanded-columns')) return [];
  if (name.endsWith('.csv')) {
    const rows = parse(text, { columns: true, relax_column_count: true }) as Record<string, string>[];
    return rows.flatMap((row) => microsoft(JSON.parse(row.AuditData ?? '{}') as Json));
  }
  if (name.endsWith('.ndjson')) {
    const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
    return lines.flatMap((line) => record(name, JSON.parse(line) as Json, line.length));
  }
  const whole = JSON.parse(text) as Json;
  const records = (Array.isArray(whole) ? whole : (whole.value ?? whole.items ?? whole.activities)) as Json[];
  return records.flatMap((one) => record(name, one));
}

function record(name: string, one: Json, length?: number): Plain[] {
  if (name.startsWith('google')) return google(one);
  const audit = (one.auditData ?? one.AuditData ?? one) as Json;
  return microsoft(audit, length ?? JSON.stringify(one.auditData === undefined ? audit : one).length);
}

/** A record of the Management Activity API; none if its time does not exist. */
export function microsoft(audit: Json, length = JSON.stringify(audit).length): Plain[] {
  const time = new Date(`${text(audit, 'CreationTime').replace(' ', 'T').replace(/Z$/, '')}Z`);
  if (Number.isNaN(time.getTime())) return [];
  const objectId = text(audit, 'ObjectId');
  const address = text(audit, 'ClientIP') || text(audit, 'ClientIPAddress') || text(audit, 'ActorIpAddress');
  return [
    {
      source: 'microsoft365',
      id: text(audit, 'Id'),
      time: time.toISOString(),
      user: text(audit, 'UserId'),
      activity: text(audit, 'Operation'),
      object: objectId || text(audit, 'MailboxOwnerUPN'),
      item: text(audit, 'SourceFileName') || (objectId === '' ? mailItem(audit) : lastPart(objectId)),
      service: text(audit, 'Workload'),
      result: text(audit, 'ResultStatus'),
      recordType: recordTypes[text(audit, 'RecordType')] ?? text(audit, 'RecordType'),
      clientIp: plainAddress(address),
      length,
    },
  ];
}

/** The published names of the record types that the test data has. */
const recordTypes: Readonly<Record<string, string>> = {
  1: 'ExchangeAdmin',
  2: 'ExchangeItem',
  4: 'SharePoint',
  6: 'SharePointFileOperation',
  8: 'AzureActiveDirectory',
  14: 'SharePointSharingOperation',
  15: 'AzureActiveDirectoryStsLogon',
  25: 'MicrosoftTeams',
  50: 'ExchangeItemAggregated',
  65: 'Quarantine',
  295: 'AuditSearch',
};

/** An address without port and brackets. */
function plainAddress(address: string): string {
  const bracketed = /^\[(.+)\](:\d+)?$/.exec(address);
  if (bracketed !== null) return bracketed[1]!;
  const withPort = /^([^:]+):\d+$/.exec(address);
  return withPort?.[1] ?? address;
}

function mailItem(audit: Json): string {
  const [item, affected] = [audit.Item as Json | undefined, audit.AffectedItems as Json[] | undefined];
  const [folder, folders] = [audit.Folder as Json | undefined, audit.Folders as Json[] | undefined];
  const parent = item?.ParentFolder as Json | undefined;
  const other = affected?.[0]?.ParentFolder as Json | undefined;
  const said = [item?.Subject, affected?.[0]?.Subject, folder?.Path, parent?.Path, other?.Path, folders?.[0]?.Path];
  return said.map((value) => String(value ?? '')).find((value) => value !== '') ?? '';
}

function lastPart(objectId: string): string {
  if (/^[a-z]:\\|^\\\\/i.test(objectId)) return lastOf(objectId, '\\');
  return lastOf(objectId.includes('://') ? objectId.split('?')[0]! : objectId, '/');
}

function lastOf(path: string, separator: string): string {
  const parts = path.split(separator);
  while (parts.length > 1 && parts.at(-1) === '') parts.pop();
  return parts.at(-1) === '' ? path : parts.at(-1)!;
}

function google(one: Json): Plain[] {
  const [id, actor] = [one.id as Json, (one.actor ?? {}) as Json];
  return (one.events as Json[]).map((event, i) => {
    const parameters = (event.parameters ?? []) as Record<string, string>[];
    const said = (name: string) => String(parameters.find((parameter) => parameter.name === name)?.value ?? '');
    const tuple = [text(id, 'time'), text(id, 'applicationName'), text(id, 'customerId'), text(id, 'uniqueQualifier')];
    return {
      source: 'google',
      id: [...tuple, i + 1, text(event, 'name')].join('/'),
      time: new Date(text(id, 'time')).toISOString(),
      user: text(actor, 'email') || text(actor, 'profileId') || text(actor, 'key'),
      activity: text(event, 'name'),
      object: said('doc_id'),
      item: said('doc_title'),
      service: text(id, 'applicationName'),
      result: '',
      recordType: text(event, 'type'),
      clientIp: plainAddress(text(one, 'ipAddress')),
      length: JSON.stringify(one).length,
    };
  });
}

function text(object: Json, name: string): string {
  const value = object[name] as unknown;
  return value === undefined || value === null || value === '__NULL__' ? '' : String(value);
}

/** One record an identity: the longest. */
export function distinct(records: readonly Plain[]): Plain[] {
  const standing = new Map<string, Plain>();
  for (const one of records) {
    const key = `${one.source} ${one.id}`;
    const other = standing.get(key);
    if (other === undefined || one.length > other.length) standing.set(key, one);
  }
  return [...standing.values()];
}
