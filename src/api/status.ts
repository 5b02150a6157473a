import { Type } from 'typebox';
import type { Job, JobState, Progress } from '../domain/job.ts';

/** The compatible status of a state: 1 in progress, 2 finished, 3 failed. */
export const wireStatus = {
  waiting: 1,
  running: 1,
  finished: 2,
  expired: 2,
  failed: 3,
  cancelled: 3,
} as const satisfies Record<JobState, 1 | 2 | 3>;

export const StartAnswer = Type.Object({
  jobId: Type.String({
    pattern: '^[0-9]+$',
    description: 'A string of digits here, an integer in addresses.',
    examples: ['5'],
  }),
  status: Type.Literal(200),
  message: Type.String(),
});
export const StatusAnswer = Type.Object({
  jobStatus: Type.Integer({ enum: [1, 2, 3], description: '1 in progress, 2 finished, 3 failed.' }),
  status: Type.Literal(200),
  message: Type.String({ description: 'Empty, or the reason in one sentence when jobStatus is 3.' }),
});
export const DryRunAnswer = Type.Object({ rows: Type.Integer({ minimum: 0 }) });

/** What is needed to tell how far a job is: a part of its document. */
type Standing = {
  readonly state: JobState;
  readonly queuePosition: number | null;
  readonly progress: Progress;
};

/**
 * How far a job is, in under 100 characters: `waiting, number 3 in the queue`, `42%, 61200 of 145000 rows`. The header
 * `X-Progress` and the commands use it; `number` writes the numbers, for people perhaps with grouped digits.
 */
export function progressText({ state, queuePosition, progress }: Standing, number = String): string {
  if (state === 'waiting') {
    return queuePosition === null ? 'waiting' : `waiting, number ${number(queuePosition)} in the queue`;
  }
  const { percent, rows, rowsTotal } = progress;
  const share = percent === null ? '' : `${percent}%, `;
  return rowsTotal === null ? `${share}${number(rows)} rows` : `${share}${number(rows)} of ${number(rowsTotal)} rows`;
}

/** After how many seconds to ask again, from the progress so far: 1 to 30. */
export function retryAfterFor(job: Job, nowMs: number): number {
  if (job.state === 'waiting') return Math.min(job.queuePosition, 30);
  const eta = job.state === 'running' ? etaSecondsFor(job.progress, nowMs - job.startedAtMs) : null;
  return Math.min(Math.max(eta ?? 1, 1), 30);
}

/** Why a job has no report, in one sentence; empty while it may still get one. */
export function reasonFor(job: Job): string {
  if (job.state === 'failed') return job.failure.message;
  return job.state === 'cancelled' ? 'The job was cancelled; start it again if it is still wanted.' : '';
}

/** Seconds left at the pace so far; null before there is a pace, or when the clock was set back. */
export function etaSecondsFor({ rows, rowsTotal, percent }: Progress, elapsedMs: number): number | null {
  const done = rowsTotal !== null && rowsTotal > 0 ? rows / rowsTotal : (percent ?? 0) / 100;
  if (done <= 0 || elapsedMs < 0) return null;
  return Math.ceil((elapsedMs * Math.max(0, 1 - done)) / done / 1000);
}
