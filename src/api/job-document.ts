import { hasEnded, type Job, type Progress } from '../domain/job.ts';
import type { JobDocument } from './wire.ts';

/** A job as the wire shows it. Names of files on our disk stay inside. */
export function jobDocumentFor(job: Job, nowMs: number): JobDocument {
  return {
    jobId: job.id,
    type: job.type,
    state: job.state,
    request: requestFor(job),
    progress: progressOf(job),
    queuePosition: job.state === 'waiting' ? job.queuePosition : null,
    etaSeconds: job.state === 'running' ? etaSecondsFor(job.progress, nowMs - job.startedAtMs) : null,
    attempt: job.attempt,
    createdAt: iso(job.createdAtMs),
    startedAt: 'startedAtMs' in job ? iso(job.startedAtMs) : null,
    endedAt: hasEnded(job) ? iso(job.endedAtMs) : null,
    expiresAt: job.state === 'finished' && job.expiresAtMs !== null ? iso(job.expiresAtMs) : null,
    report: reportOf(job),
    ...(job.type === 'import' ? { result: resultOf(job) } : {}),
    failure: job.state === 'failed' ? job.failure : null,
  };
}

/** `X-Progress`: under 100 characters. */
export function progressText(job: Job): string {
  if (job.state === 'waiting') return `waiting, number ${job.queuePosition} in the queue`;
  const { percent, rows, rowsTotal } = progressOf(job);
  const share = percent === null ? '' : `${percent}%, `;
  return rowsTotal === null ? `${share}${rows} rows` : `${share}${rows} of ${rowsTotal} rows`;
}

/** When it is worth asking again, from what is known of the progress: 1 to 30 seconds. */
export function retryAfterFor(job: Job, nowMs: number): number {
  if (job.state === 'waiting') return Math.min(job.queuePosition, 30);
  const eta = job.state === 'running' ? etaSecondsFor(job.progress, nowMs - job.startedAtMs) : null;
  return Math.min(Math.max(eta ?? 1, 1), 30);
}

/** Why a job has no report, as a plain sentence; empty while it may still have one. */
export function reasonFor(job: Job): string {
  if (job.state === 'failed') return job.failure.message;
  return job.state === 'cancelled' ? 'The job was cancelled; start it again if it is still wanted.' : '';
}

/** At the pace so far; null while there is none, or when the clock was set back. */
function etaSecondsFor({ rows, rowsTotal, percent }: Progress, elapsedMs: number): number | null {
  const done = rowsTotal !== null && rowsTotal > 0 ? rows / rowsTotal : (percent ?? 0) / 100;
  if (done <= 0 || elapsedMs < 0) return null;
  return Math.ceil((elapsedMs * Math.max(0, 1 - done)) / done / 1000);
}

function requestFor(job: Job): JobDocument['request'] {
  if (job.type === 'export') return { ...job.request };
  return { fileName: job.request.fileName, bytes: job.request.bytes };
}

function progressOf(job: Job): Progress {
  if (job.state === 'running') {
    const { percent, rows, rowsTotal } = job.progress;
    return { percent, rows, rowsTotal };
  }
  if (job.state !== 'finished' && job.state !== 'expired') return { percent: null, rows: 0, rowsTotal: null };
  const rows = job.outcome.type === 'export' ? job.outcome.report.rows : job.outcome.result.read;
  return { percent: 100, rows, rowsTotal: rows };
}

function reportOf(job: Job): JobDocument['report'] {
  if (job.state !== 'finished' || job.outcome.type !== 'export') return null;
  const { fileName, bytes, rows, sha256, files } = job.outcome.report;
  return { fileName, bytes, rows, sha256, files: [...files] };
}

function resultOf(job: Job): NonNullable<JobDocument['result']> | null {
  if (job.state !== 'finished' || job.outcome.type !== 'import') return null;
  // Results of before there were assumptions lack them.
  return { ...job.outcome.result, assumed: [...(job.outcome.result.assumed ?? [])] };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
