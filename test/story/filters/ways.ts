import { parse } from 'csv-parse/sync';
import type { Client } from '../client.ts';
import type { Plain } from '../naive.ts';
import { activitiesOf, unzipped } from '../workbook.ts';
import { pagesOf, type SummaryKey, summaryBy, summaryKeys } from './lookups.ts';
import type { Question } from './matching.ts';

/** What a way answers: rows by their columns in order, or only the ids, or counts by a key, or only how many. */
export type Answer =
  | { readonly rows: readonly string[][] }
  | { readonly ids: readonly string[] }
  | { readonly counts: ReadonlyMap<string, number>; readonly by: SummaryKey }
  | { readonly count: number };

const columns = [
  'time',
  'activityId',
  'user',
  'activity',
  'object',
  'item',
  'service',
  'result',
  'recordType',
  'clientIp',
];

/** A record's columns as `rows` has them. */
export function rowOf(one: Plain): string[] {
  const { time, id, user, activity, object, item, service, result, recordType, clientIp } = one;
  return [time, id, user, activity, object, item, service, result, recordType, clientIp];
}

/** The ways to the rows of a question. */
export const ways = {
  'dry run': async (client, asked) => {
    const { rows } = await client.json<{ rows: number }>('/insights/exports?dryRun=true', posted(asked));
    return { count: rows };
  },
  CSV: async (client, asked) => {
    const files = await exported(client, posted({ ...asked, format: 'csv', columns }));
    const text = files
      .get('Activity report.csv')!
      .toString('utf8')
      .replace(/^\ufeff/, '');
    const [, ...rows] = parse(text) as string[][];
    return { rows: rows.map(([time = '', ...cells]) => [isoOf(time), ...cells.map(withoutGuard)]) };
  },
  'JSON Lines': async (client, asked) => {
    const lines = (await linesOf(client, asked)).toString('utf8').split('\n').slice(0, -1);
    if (asked.source === 'google') return { count: lines.length };
    return { ids: lines.map(idOf) };
  },
  workbook: async (client, asked) => {
    const zip = await downloaded(client, posted({ ...asked, format: 'xlsx' }));
    const rows = await activitiesOf(zip);
    const titles = [
      'Activity ID',
      'User',
      'Activity',
      'Object',
      'Item',
      'Service',
      'Result',
      'Record type',
      'Client IP',
    ];
    return {
      rows: rows.map((row) => [
        (row['Time (UTC)'] as Date).toISOString(),
        ...titles.map((title) => String(row[title] ?? '')),
      ]),
    };
  },
  'newest pages': async (client, asked) => {
    const rows = await pagesOf(client, asked, 'newest');
    return { rows: rows.map((row) => columns.map((name) => row[name] ?? '')).reverse() };
  },
  'oldest pages': async (client, asked) => {
    const rows = await pagesOf(client, asked, 'oldest');
    return { rows: rows.map((row) => columns.map((name) => row[name] ?? '')) };
  },
  summary: async (client, asked) => {
    const by = summaryKeys[JSON.stringify(asked).length % summaryKeys.length]!;
    return { counts: await summaryBy(client, asked, by), by };
  },
} as const satisfies Record<string, (client: Client, asked: Body) => Promise<Answer>>;

export type Way = keyof typeof ways;

/** The JSON Lines of an export. */
export async function linesOf(client: Client, asked: Body): Promise<Buffer> {
  return (await exported(client, posted({ ...asked, format: 'jsonl' }))).get('Activity report.jsonl')!;
}

export type Body = Readonly<Record<string, string | readonly string[]>> & { readonly source: string };

/** The body of `POST /insights/exports`. */
export function bodyOf(asked: Question): Body {
  const { source, users, object, fromMs, untilMs } = asked;
  const instant = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
  const given = Object.entries({
    user: users.length === 1 ? users[0] : null,
    users: users.length > 1 ? users : [],
    object,
    from: instant(fromMs),
    until: instant(untilMs),
    eventTypes: asked.eventTypes,
    clientIps: asked.clientIps,
    recordTypes: asked.recordTypes,
    services: asked.services,
    results: asked.results,
    text: asked.text,
  }).filter(([, value]) => value !== null && value !== undefined && value.length > 0);
  return { source, ...Object.fromEntries(given as [string, string | readonly string[]][]) };
}

function posted(body: Body): RequestInit {
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-cache' };
  return { method: 'POST', body: JSON.stringify(body), headers };
}

async function downloaded(client: Client, init: RequestInit): Promise<Buffer> {
  const job = await client.json<{ jobId?: number; message?: string }>('/insights/exports', init);
  if (job.jobId === undefined) throw new Error(`The start was refused: ${job.message}`);
  const { jobStatus, message } = await client.ended(job.jobId);
  if (jobStatus !== 2) throw new Error(`The export failed: ${message}`);
  return client.download(job.jobId);
}

async function exported(client: Client, init: RequestInit): Promise<Map<string, Buffer>> {
  return unzipped(await downloaded(client, init));
}

function idOf(line: string): string {
  const record = JSON.parse(line) as { Id?: string; id?: string };
  return record.Id ?? record.id ?? '';
}

function isoOf(time: string): string {
  return new Date(`${time.replace(' ', 'T').replace(/Z$/, '')}Z`).toISOString();
}

/** A CSV field that begins like a formula has an apostrophe before it. */
function withoutGuard(cell: string): string {
  return cell.replace(/^'(?=[=+\-@＝＋－＠\t\r\n])/, '');
}
