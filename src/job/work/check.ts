import type { Attempt, AttemptContext, JobOf, WorkParts } from './parts.ts';

/** One attempt at the check of the store that `trailport doctor` asks for. */
export async function attemptCheck(job: JobOf<'check'>, parts: WorkParts, context: AttemptContext): Promise<Attempt> {
  const checks = await parts.store.inspect({ ...job.request, signal: context.signal });
  return { outcome: { type: 'check', checks }, takeBack: () => Promise.resolve() };
}
