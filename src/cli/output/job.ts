import type { JobDocument } from '../../api/job.ts';
import { formatBytes, formatCount, formatTable, printable } from '../../kit/print.ts';

type ImportResult = NonNullable<JobDocument['result']>;
type Counts = Pick<ImportResult, 'read' | 'added' | 'duplicates' | 'rejected'>;

/** The counts of an import, in the order in which they are printed. */
export const countNames = ['read', 'added', 'duplicates', 'rejected'] as const satisfies (keyof Counts)[];

/** State and progress in a few words: `waiting, number 3 in the queue`, `61,200 of 145,000 rows`, `finished`. */
export function standingOf(job: Pick<JobDocument, 'state' | 'queuePosition' | 'progress' | 'failure'>): string {
  if (job.state === 'waiting') {
    return job.queuePosition === null ? 'waiting' : `waiting, number ${formatCount(job.queuePosition)} in the queue`;
  }
  if (job.state === 'running') {
    const { rows, rowsTotal } = job.progress;
    return `${formatCount(rows)}${rowsTotal === null ? '' : ` of ${formatCount(rowsTotal)}`} rows`;
  }
  return job.failure === null ? job.state : `${job.state}: ${job.failure.message}`;
}

/** What a job exports or imports, in a few words. */
export function subjectOf(job: Pick<JobDocument, 'type' | 'request'>): string {
  const { source, user, users, object, fileName, bytes } = job.request;
  if (job.type === 'import')
    return `${textOr(fileName, 'a file')}${typeof bytes === 'number' ? ` (${formatBytes(bytes)})` : ''}`;
  const whose = [textOr(user, listOr(users, '')), textOr(object, '')].filter((part) => part !== '').join(' on ');
  return `${whose === '' ? 'whole tenant' : whose}${source === 'google' ? ' (Google)' : ''}`;
}

/** A job on a page of its own: one fact a line. */
export function jobPage(job: JobDocument): string {
  const { report, result } = job;
  const facts: [string, string | null][] = [
    ['Job', `${job.jobId} (${job.type})`],
    ['State', job.state === 'running' ? `running, ${withPercent(job)}` : standingOf(job)],
    [job.type === 'import' ? 'File' : 'Activities of', subjectOf(job)],
    ['From', boundOf(job.request.from, 'inclusive')],
    ['Until', boundOf(job.request.until, 'exclusive')],
    ...filterLabels.map(([name, label]): [string, string | null] => {
      const value = textOr(job.request[name], listOr(job.request[name], ''));
      return [label, value === '' ? null : value];
    }),
    ['Attempt', job.attempt > 1 ? String(job.attempt) : null],
    ['Created', job.createdAt],
    ['Started', job.startedAt],
    ['Ended', job.endedAt],
    ['Report', report && `${report.fileName}, ${formatCount(report.rows)} rows, ${formatBytes(report.bytes)}`],
    ['SHA-256', report?.sha256 ?? null],
    ['Kept until', job.expiresAt],
    ...(job.notes ?? []).map((sentence): [string, string] => ['Note', sentence]),
    ...(result?.assumed ?? []).map((sentence): [string, string] => ['Assumed', sentence]),
    ['Records', result ? countNames.map((name) => `${formatCount(result[name])} ${name}`).join(', ') : null],
  ];
  return facts
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name.padEnd(13)} ${printable(value ?? '')}\n`)
    .join('');
}

function withPercent(job: JobDocument): string {
  const { percent } = job.progress;
  return `${percent === null ? '' : `${percent}%, `}${standingOf(job)}`;
}

/** The counts of imports by file, and their sum where there is more than one. */
export function importTable(imports: readonly { readonly file: string; readonly result: Counts }[]): string {
  const line = (name: string, counts: Counts) => [name, ...countNames.map((count) => formatCount(counts[count]))];
  const lines = imports.map(({ file, result }) => line(file, result));
  if (lines.length > 1) lines.push(line('Total', sumOf(imports.map(({ result }) => result))));
  return formatTable([['File', 'Read', 'Added', 'Duplicates', 'Rejected'], ...lines]);
}

export function sumOf(results: readonly Counts[]): Counts {
  const sum = (name: keyof Counts) => results.reduce((total, result) => total + result[name], 0);
  return { read: sum('read'), added: sum('added'), duplicates: sum('duplicates'), rejected: sum('rejected') };
}

function boundOf(value: unknown, how: string): string | null {
  return typeof value === 'string' ? `${value} (${how})` : null;
}

/** The filters beside user, object and period, as a page of a job names them. */
const filterLabels = [
  ['eventTypes', 'Names'],
  ['services', 'Services'],
  ['recordTypes', 'Record types'],
  ['results', 'Results'],
  ['clientIps', 'Client IPs'],
  ['text', 'Contains'],
] as const;

function listOr(value: unknown, otherwise: string): string {
  return Array.isArray(value) && value.length > 0 ? value.join(', ') : otherwise;
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}
