import { type ImportResultDocument, importResultOf, type JobDocument } from '../../api/job.ts';
import { formatBytes, formatCount, formatTable, printable } from '../../kit/print.ts';

type Counts = Pick<ImportResultDocument, 'read' | 'added' | 'duplicates' | 'rejected' | 'forgotten'>;

/** The counts of an import, in the order in which they are printed. */
const countNames = ['read', 'added', 'duplicates', 'rejected', 'forgotten'] as const satisfies (keyof Counts)[];

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

/** What a job exports, imports or erases, in a few words. */
export function subjectOf(job: Pick<JobDocument, 'type' | 'request'>): string {
  const { source, user, users, object, fileName, bytes } = job.request;
  if (job.type === 'import')
    return `${textOr(fileName, 'a file')}${typeof bytes === 'number' ? ` (${formatBytes(bytes)})` : ''}`;
  if (job.type === 'erase') return erasedOf(job.request);
  const whose = [textOr(user, listOr(users, '')), textOr(object, '')].filter((part) => part !== '').join(' on ');
  return `${whose === '' ? 'whole tenant' : whose}${source === 'google' ? ' (Google)' : ''}`;
}

function erasedOf({ what, user, before }: JobDocument['request']): string {
  if (what === 'unfinished') return 'what earlier erasures left';
  const whose = what === 'user' ? textOr(user, 'a user') : 'whole tenant';
  return `${whose}${typeof before === 'string' ? `, before ${before}` : ''}`;
}

const subjectTitle = {
  export: 'Activities of',
  import: 'File',
  erase: 'Erases',
  backup: 'Backup of',
  check: 'Check of',
} as const satisfies Record<JobDocument['type'], string>;

/** A job on a page of its own: one fact a line. */
export function jobPage(job: JobDocument): string {
  const { report } = job;
  const result = importResultOf(job);
  const facts: [string, string | null][] = [
    ['Job', `${job.jobId} (${job.type})`],
    ['State', job.state === 'running' ? `running, ${withPercent(job)}` : standingOf(job)],
    [subjectTitle[job.type], subjectOf(job)],
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
    ['Records', result && countsOf(result)],
    [
      'Erased',
      job.type === 'erase' && job.state === 'finished' ? `${formatCount(job.progress.rows)} activities` : null,
    ],
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
  const total = sumOf(imports.map(({ result }) => result));
  const names = shownCounts([total]);
  const line = (name: string, counts: Counts) => [name, ...names.map((count) => formatCount(counts[count]))];
  const lines = imports.map(({ file, result }) => line(file, result));
  if (lines.length > 1) lines.push(line('Total', total));
  return formatTable([['File', ...names.map(countTitle)], ...lines]);
}

/** Most tenants never erase anything, so the count is shown where there is one. */
export function shownCounts(results: readonly Counts[]): readonly (keyof Counts)[] {
  return countNames.filter((name) => name !== 'forgotten' || results.some(({ forgotten }) => forgotten > 0));
}

export function countTitle(name: keyof Counts): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function countsOf(result: Counts): string {
  return shownCounts([result])
    .map((name) => `${formatCount(result[name])} ${name}`)
    .join(', ');
}

export function sumOf(results: readonly Counts[]): Counts {
  const sum = (name: keyof Counts) => results.reduce((total, result) => total + result[name], 0);
  return {
    read: sum('read'),
    added: sum('added'),
    duplicates: sum('duplicates'),
    rejected: sum('rejected'),
    forgotten: sum('forgotten'),
  };
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
