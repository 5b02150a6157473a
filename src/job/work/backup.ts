import type { Attempt, AttemptContext, JobOf, WorkParts } from './parts.ts';

/** One attempt at a backup. What an attempt leaves that was cut off is removed by the next one. */
export async function attemptBackup(job: JobOf<'backup'>, parts: WorkParts, context: AttemptContext): Promise<Attempt> {
  const result = await parts.backUp(job.request, {
    signal: context.signal,
    // 100 % is for finished: what is copied is not yet published.
    progress: (done, total) =>
      context.progress({ rows: 0, rowsTotal: null, percent: Math.min(99, Math.floor((100 * done) / total)) }),
  });
  // A complete backup stays, whoever finishes the job.
  return { outcome: { type: 'backup', result }, takeBack: () => Promise.resolve() };
}
