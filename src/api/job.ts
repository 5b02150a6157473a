import { type Static, Type } from 'typebox';
import { hasEnded, type Job, jobStates, jobTypes, type Outcome, type Progress } from '../domain/job.ts';
import { count, instant, nullable } from './fields.ts';
import { etaSecondsFor } from './status.ts';

const ReportFileDocument = Type.Object({ name: Type.String(), rows: count, bytes: count, sha256: Type.String() });
const ReportDocument = Type.Object({
  fileName: Type.String(),
  bytes: count,
  rows: count,
  sha256: Type.String({ description: 'Of the ZIP file, in hexadecimal.' }),
  files: Type.Array(ReportFileDocument),
});
const ImportResultDocument = Type.Object({
  read: count,
  added: count,
  duplicates: count,
  rejected: count,
  forgotten: Type.Integer({
    minimum: 0,
    description: 'Records that were not stored because they were erased before or are older than the tenant keeps.',
  }),
  from: nullable(Type.String()),
  until: nullable(Type.String()),
  assumed: Type.Array(Type.String({ maxLength: 400 }), {
    maxItems: 20,
    description: 'What the file did not say and the import assumed, such as an encoding; one sentence each.',
  }),
  bySource: Type.Object({ microsoft365: Type.Optional(count), google: Type.Optional(count) }),
});

const EraseResultDocument = Type.Object({ rows: count }, { description: 'Of an erasure: the activities erased.' });

/** A job as the API shows it. Times are ISO 8601 UTC. */
export const JobDocument = Type.Object(
  {
    jobId: Type.Integer({ minimum: 1 }),
    type: Type.Enum([...jobTypes]),
    state: Type.Enum([...jobStates]),
    request: Type.Record(Type.String(), Type.Unknown(), { description: 'The request as it was understood.' }),
    progress: Type.Object({ percent: nullable(Type.Integer()), rows: count, rowsTotal: nullable(count) }),
    queuePosition: nullable(Type.Integer({ minimum: 1 })),
    etaSeconds: nullable(count),
    attempt: count,
    createdAt: instant,
    startedAt: nullable(instant),
    endedAt: nullable(instant),
    expiresAt: nullable(instant),
    report: nullable(ReportDocument),
    notes: Type.Optional(
      Type.Array(Type.String({ maxLength: 10_000 }), {
        maxItems: 10,
        description:
          'What to know of a finished export, one sentence each: names that the store has never seen, values that were cut.',
      }),
    ),
    result: Type.Optional(Type.Union([ImportResultDocument, EraseResultDocument, Type.Null()])),
    failure: nullable(Type.Object({ code: Type.String(), message: Type.String() })),
  },
  { $id: 'Job' },
);
export type JobDocument = Static<typeof JobDocument>;
export type ImportResultDocument = Static<typeof ImportResultDocument>;

/** A reference to the schema of a job. */
export const JobRef = Type.Unsafe<JobDocument>({ $ref: 'Job#' });

/** The document of a job. Names of files on the server's disk are left out. */
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
    ...(job.type === 'export' ? { notes: notesOf(job) } : { result: resultOf(job) }),
    failure: job.state === 'failed' ? job.failure : null,
  };
}

/** What an import did; null while it has not ended, and for a job of another type. */
export function importResultOf(job: Pick<JobDocument, 'type' | 'result'>): ImportResultDocument | null {
  return job.type === 'import' ? ((job.result ?? null) as ImportResultDocument | null) : null;
}

function requestFor(job: Job): JobDocument['request'] {
  if (job.type !== 'import') return { ...job.request };
  const { fileName, bytes, allowForgotten = false } = job.request;
  return { fileName, bytes, ...(allowForgotten ? { allowForgotten } : {}) };
}

function progressOf(job: Job): Progress {
  if (job.state === 'running') {
    const { percent, rows, rowsTotal } = job.progress;
    return { percent, rows, rowsTotal };
  }
  if (job.state !== 'finished' && job.state !== 'expired') return { percent: null, rows: 0, rowsTotal: null };
  const rows = rowsOf(job.outcome);
  return { percent: 100, rows, rowsTotal: rows };
}

/** How many records or activities a job worked on. */
function rowsOf(outcome: Outcome): number {
  switch (outcome.type) {
    case 'export':
      return outcome.report.rows;
    case 'import':
      return outcome.result.read;
    case 'erase':
      return outcome.result.rows;
    case 'backup':
      return outcome.result.activities;
    case 'check':
      return 0;
  }
}

function reportOf(job: Job): JobDocument['report'] {
  if (job.state !== 'finished' || job.outcome.type !== 'export') return null;
  const { fileName, bytes, rows, sha256, files } = job.outcome.report;
  return { fileName, bytes, rows, sha256, files: [...files] };
}

function notesOf(job: Job): string[] {
  return 'outcome' in job && job.outcome.type === 'export' ? [...(job.outcome.notes ?? [])] : [];
}

function resultOf(job: Job): NonNullable<JobDocument['result']> | null {
  if (!('outcome' in job)) return null;
  if (job.outcome.type === 'erase') return job.outcome.result;
  if (job.outcome.type !== 'import') return null;
  // Results of older versions lack these two.
  const { assumed = [], forgotten = 0, ...result } = job.outcome.result;
  return { ...result, forgotten, assumed: [...assumed] };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
