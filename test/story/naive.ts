import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';

/**
 * The plainest reading of the sample data, written without any of the program's code: what each record says in five
 * words, and which of several records with one id stands (the longest text).
 */
export type Plain = {
  readonly source: 'microsoft365' | 'google';
  readonly id: string;
  readonly time: string;
  readonly user: string;
  readonly activity: string;
  readonly object: string;
  readonly length: number;
};

type Json = Readonly<Record<string, unknown>>;

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

function microsoft(audit: Json, length = JSON.stringify(audit).length): Plain[] {
  const time = new Date(`${text(audit, 'CreationTime').replace(' ', 'T').replace(/Z$/, '')}Z`);
  if (Number.isNaN(time.getTime())) return [];
  const object = text(audit, 'ObjectId') || text(audit, 'MailboxOwnerUPN');
  const [id, user, activity] = [text(audit, 'Id'), text(audit, 'UserId'), text(audit, 'Operation')];
  return [{ source: 'microsoft365', id, time: time.toISOString(), user, activity, object, length }];
}

function google(one: Json): Plain[] {
  const [id, actor] = [one.id as Json, (one.actor ?? {}) as Json];
  return (one.events as Json[]).map((event, i) => {
    const parameters = (event.parameters ?? []) as Record<string, string>[];
    const tuple = [text(id, 'time'), text(id, 'applicationName'), text(id, 'customerId'), text(id, 'uniqueQualifier')];
    return {
      source: 'google',
      id: [...tuple, i + 1, text(event, 'name')].join('/'),
      time: new Date(text(id, 'time')).toISOString(),
      user: text(actor, 'email') || text(actor, 'profileId') || text(actor, 'key'),
      activity: text(event, 'name'),
      object: parameters.find((parameter) => parameter.name === 'doc_id')?.value ?? '',
      length: JSON.stringify(one).length,
    };
  });
}

function text(object: Json, name: string): string {
  const value = object[name] as unknown;
  return value === undefined || value === null ? '' : String(value);
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
