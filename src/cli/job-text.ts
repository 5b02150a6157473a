import type { ImportResult, JobFailure, JobState, JobType, ReportFile } from '../domain/job.ts';
import { counted, sized } from './terminal.ts';

/** A job as the wire shows it. Times are ISO 8601. */
export type JobView = {
  readonly jobId: number;
  readonly type: JobType;
  readonly state: JobState;
  readonly request: Readonly<Record<string, unknown>>;
  readonly progress: {
    readonly percent: number | null;
    readonly rows: number;
    readonly rowsTotal: number | null;
  } | null;
  readonly queuePosition: number | null;
  readonly etaSeconds: number | null;
  readonly attempt: number;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly expiresAt: string | null;
  readonly report: {
    readonly fileName: string;
    readonly bytes: number;
    readonly rows: number;
    readonly sha256: string;
    readonly files: readonly ReportFile[];
  } | null;
  readonly failure: JobFailure | null;
  readonly result?: ImportResult | null;
};

/** How a job stands, in a few words: `waiting, number 3 in the queue`, `42%, 61,200 of 145,000 rows`. */
export function standingOf(job: JobView): string {
  if (job.state === 'waiting') {
    return job.queuePosition === null ? 'waiting' : `waiting, number ${counted(job.queuePosition)} in the queue`;
  }
  if (job.state === 'running') {
    const { percent = null, rows = 0, rowsTotal = null } = job.progress ?? {};
    const all = rowsTotal === null ? '' : ` of ${counted(rowsTotal)}`;
    return `${percent === null ? '' : `${percent}%, `}${counted(rows)}${all} rows`;
  }
  return job.failure === null ? job.state : `${job.state}: ${job.failure.message}`;
}

/** What a job was asked for, in a few words. */
export function askedOf(job: JobView): string {
  const { source, user, object, fileName, bytes } = job.request;
  if (job.type === 'import')
    return `${text(fileName, 'a file')}${typeof bytes === 'number' ? ` (${sized(bytes)})` : ''}`;
  const whose = [text(user, ''), text(object, '')].filter((part) => part !== '').join(' on ');
  return `${whose === '' ? 'everything' : whose}${source === 'google' ? ' (Google)' : ''}`;
}

/** A job on a page of its own: one fact a line. */
export function jobPage(job: JobView): string {
  const facts: [string, string | null][] = [
    ['Job', `${job.jobId} (${job.type})`],
    ['State', standingOf(job)],
    ['Asked for', askedOf(job)],
    ['From', bound(job.request.from, 'inclusive')],
    ['Until', bound(job.request.until, 'exclusive')],
    ['Attempt', job.attempt > 1 ? String(job.attempt) : null],
    ['Created', job.createdAt],
    ['Started', job.startedAt],
    ['Ended', job.endedAt],
    ['Report', job.report && `${job.report.fileName}, ${counted(job.report.rows)} rows, ${sized(job.report.bytes)}`],
    ['SHA-256', job.report?.sha256 ?? null],
    ['Kept until', job.expiresAt],
    ['Records', job.result ? resultLine(job.result) : null],
  ];
  return facts
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name.padEnd(11)} ${value}\n`)
    .join('');
}

function resultLine({ read, added, duplicates, rejected }: ImportResult): string {
  const parts = [`${counted(read)} read`, `${counted(added)} added`, `${counted(duplicates)} duplicates`];
  return [...parts, `${counted(rejected)} rejected`].join(', ');
}

function bound(value: unknown, how: string): string | null {
  return typeof value === 'string' ? `${value} (${how})` : null;
}

function text(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}
