import type { Json } from '../naive.ts';
import type { OddRecord } from './odd-records.ts';
import type { Random } from './random.ts';

/** The formats that records of the Management Activity API arrive in. */
export const formats = ['ndjson', 'array', 'portal', 'cmdlet', 'graph'] as const;
export type Format = (typeof formats)[number];

/** Records as a file of a format. */
export function fileOf(format: Format, records: readonly OddRecord[]): string {
  return writers[format](records);
}

const writers = {
  ndjson: (records) => records.map(({ text }) => `${text}\n`).join(''),
  array: (records) => `[${records.map(({ text }) => text).join(',\n')}]`,
  portal: (records) =>
    csvOf(
      ['RecordId', 'CreationDate', 'RecordType', 'Operation', 'UserId', 'AuditData', 'AssociatedAdminUnits'],
      records.map(({ record, text }) => [
        record.Id,
        `${record.CreationTime}.0000000Z `,
        record.RecordType,
        record.Operation,
        record.UserId,
        text,
        '',
      ]),
    ),
  cmdlet: (records) =>
    csvOf(
      ['CreationDate', 'UserIds', 'Operations', 'AuditData', 'ResultIndex', 'ResultCount', 'Identity', 'IsValid'],
      records.map(({ record, text }, i) => [
        `${record.CreationTime}Z`,
        record.UserId,
        record.Operation,
        text,
        i + 1,
        records.length,
        record.Id,
        'True',
      ]),
    ),
  graph: (records) => JSON.stringify({ '@odata.count': records.length, value: records.map(graphRow) }),
} as const satisfies Record<Format, (records: readonly OddRecord[]) => string>;

/** A Graph auditLogRecord: `userId` is the UserKey, `userPrincipalName` the UserId; `clientIp` is null as Graph has it. */
function graphRow({ record }: OddRecord): Json {
  return {
    id: record.Id,
    createdDateTime: `${record.CreationTime}Z`,
    auditLogRecordType: String(record.RecordType),
    operation: record.Operation,
    organizationId: record.OrganizationId,
    userType: 'Regular',
    userId: '10037FFEA938FB92',
    service: record.Workload,
    objectId: record.ObjectId,
    userPrincipalName: record.UserId,
    clientIp: null,
    administrativeUnits: [''],
    auditData: { '@odata.type': '#microsoft.graph.security.defaultAuditData', ...record },
  };
}

function csvOf(titles: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const line = (cells: readonly unknown[]) => cells.map((cell) => `"${String(cell).replaceAll('"', '""')}"`).join(',');
  return `\ufeff${[titles, ...rows].map(line).join('\r\n')}\r\n`;
}

/** Files of random formats and sizes that together hold every record, some records in two of them. */
export function filesOf(random: Random, records: readonly OddRecord[], count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const own = records.filter((_, at) => at % count === i);
    const again = random.some(records, random.below(records.length / 4 + 1));
    return fileOf(random.pick(formats), random.shuffled([...own, ...again]));
  });
}
