import { join } from 'node:path';
import { ChdbEngine } from '../../src/store/engine/chdb/chdb.ts';
import { literal } from '../../src/store/literal.ts';

/** The same generated records as files of three kinds. */
export type ImportFiles = { readonly ndjson: string; readonly gzip: string; readonly csv: string };

const days = 60;
const some = (salt: number, count: number) => `sipHash64(number, ${salt}) % ${count}`;
/** Numbers below `count`; small ones are frequent. */
const few = (salt: number, count: number) => `toUInt32(pow((${some(salt, 1_000_000)}) / 1000000, 3) * ${count})`;
const uuid = (salt: number) => `toString(reinterpretAsUUID(sipHash128(number, ${salt})))`;

/** The members of a record in their order, over what `chosen` names. All are texts but three. */
const members = {
  CreationTime: 'time',
  Id: uuid(21),
  Operation: 'operations[a + 1]',
  OrganizationId: "'b86ab9d4-fcf1-4b11-8a06-7a8f91b47fbd'",
  RecordType: '6',
  UserKey: "concat('i:0h.f|membership|1003200', toString(u), '@live.com')",
  UserType: 'if(u % 50 = 0, 2, 0)',
  Version: '1',
  Workload: "if(a % 2 = 0, 'SharePoint', 'OneDrive')",
  ClientIP: "concat('203.0.', toString(u % 113), '.', toString((u * 7 + ip) % 250))",
  ObjectId: "concat(site, 'Shared Documents/General/', toString(f % 97), '/', item)",
  UserId: "concat('user', toString(u), '@contoso.example')",
  CorrelationId: uuid(22),
  EventSource: "'SharePoint'",
  ItemType: "'File'",
  ListId: uuid(23),
  UserAgent:
    "concat('Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/', toString(110 + u % 40), '.0.0.0 Safari/537.36')",
  WebId: uuid(24),
  SourceFileExtension: 'ending',
  SiteUrl: 'site',
  SourceFileName: 'item',
  SourceRelativeUrl: "concat('Shared Documents/General/', toString(f % 97))",
} as const;
const numbers: readonly string[] = ['RecordType', 'UserType', 'Version'];

const record = `concat('{', ${Object.entries(members)
  .map(([name, value], i) => {
    const quote = numbers.includes(name) ? '' : '"';
    return `'${i === 0 ? '' : ','}"${name}":${quote}', toString(${value}), '${quote}'`;
  })
  .join(', ')}, '}')`;

/** 20,000 users of whom few do most, 3,000 sites, in the order of time. */
const chosen = (rows: number) => `
  ['FileAccessed', 'FileModified', 'FileDownloaded', 'FileUploaded', 'FilePreviewed', 'PageViewed', 'FileDeleted',
   'FileRenamed', 'SharingSet', 'ListViewed'] AS operations,
  ['Quarterly report', 'Budget', 'Meeting notes', 'Product roadmap', 'Invoice', 'Customer list', 'Vertrag',
   'Présentation', '議事録', 'Design review', 'Onboarding & training', 'Pricing <draft>'] AS names,
  ['docx', 'xlsx', 'pptx', 'pdf', 'txt', 'png', 'one', 'csv'] AS endings,
  ${few(1, 20_000)} AS u, ${few(2, 3000)} AS s, ${few(3, 10)} AS a, ${few(4, 60_000)} AS f, ${few(5, 3)} AS ip,
  endings[f % 8 + 1] AS ending,
  concat(names[f % 12 + 1], ' ', toString(f), '.', ending) AS item,
  concat('https://contoso.sharepoint.example/sites/team', toString(s), '/') AS site,
  formatDateTime(toDateTime('2026-01-01 00:00:00', 'UTC') + toUInt32(number * ${(days * 86_400) / rows}), '%FT%T') AS time`;

/**
 * Writes `rows` believable records of the Management Activity API, of about 900 bytes: one a line, the same as gzip, and
 * as an export of the Purview portal.
 */
export async function writeImportFiles(directory: string, rows: number): Promise<ImportFiles> {
  const files = {
    ndjson: join(directory, 'records.ndjson'),
    gzip: join(directory, 'records.ndjson.gz'),
    csv: join(directory, 'records.csv'),
  };
  await using engine = new ChdbEngine(join(directory, 'engine'));
  const write = (path: string, format: string, columns: Readonly<Record<string, string>>) => {
    const structure = Object.keys(columns).map((name) => `${name} String`);
    return engine.run(
      `INSERT INTO FUNCTION file(${literal(path)}, ${format}, ${literal(structure.join(', '))})
       WITH ${chosen(rows)} SELECT ${Object.values(columns).join(', ')} FROM numbers(${rows})
       SETTINGS max_threads = 1, max_insert_threads = 1, output_format_csv_crlf_end_of_line = 1`,
    );
  };
  await write(files.ndjson, 'TSVRaw', { line: record });
  await write(files.gzip, 'TSVRaw', { line: record });
  await write(files.csv, 'CSVWithNames', {
    RecordId: members.Id,
    CreationDate: "concat(time, '.0000000Z')",
    RecordType: "'6'",
    Operation: members.Operation,
    UserId: members.UserId,
    AuditData: record,
    AssociatedAdminUnits: "''",
    AssociatedAdminUnitsNames: "''",
  });
  return files;
}
