import { setTimeout as delay } from 'node:timers/promises';
import { erasedName } from '../../domain/job.ts';
import type { Lease } from '../journal/journal.ts';
import { type ErasureParts, forgetInJobs } from './erased-jobs.ts';
import type { Attempt, AttemptContext, JobOf, WorkParts } from './parts.ts';

/** How often to look whether the exports have ended that an erasure waits for. */
const lookMs = 200;

/**
 * One attempt at an erasure. First the activities become invisible for everything that is read from then on; then they
 * are removed from the disk, with every report and file that may hold them. Safe to repeat at any point: the store
 * knows the erasure of a job by the job's number.
 */
export async function attemptErase(
  job: JobOf<'erase'>,
  parts: ErasureParts,
  context: AttemptContext,
): Promise<Attempt> {
  const { store, journal } = parts;
  const { tenant, request } = job;
  const { rows, pending } = await store.erase(tenant, job.id, request, parts.clock.now());
  // Asked for after the erasure: each export that may read an older moment is among them.
  const reading = await exportsRunning(parts, tenant);
  context.progress({ rows: 0, rowsTotal: rows, percent: 0 });
  if (pending.length > 0) {
    await forgetInJobs(parts, tenant, pending);
    await exportsEnd(parts, reading, context.signal);
    await store.removeErased(tenant, pending, parts.limits.eraseWaitMs, context.signal);
    // Again for what ended meanwhile.
    await forgetInJobs(parts, tenant, pending);
    await store.concludeErased(pending);
  }
  if (request.what === 'user') {
    await journal.rewrite(job.key, { ...request, user: erasedName }, null);
  }
  await compact(parts, context.signal);
  return { outcome: { type: 'erase', result: { rows } }, takeBack: async () => {} };
}

/** Removes the overwritten texts of jobs from the disk; other processes read the job database for moments only. */
async function compact({ journal }: WorkParts, signal: AbortSignal): Promise<void> {
  for (let tries = 50; tries > 0 && !(await journal.compact()); tries--) await delay(lookMs, undefined, { signal });
}

async function exportsRunning({ journal }: WorkParts, tenant: string): Promise<Lease[]> {
  const leases = await journal.runningLeases();
  return leases.filter((lease) => lease.type === 'export' && lease.tenant === tenant);
}

/**
 * Waits until the exports have ended that may have begun before the erasure. One that takes longer than `eraseWaitMs`
 * goes back into the queue and starts anew, without what is erased; its fence keeps the old attempt from publishing.
 */
async function exportsEnd({ journal, limits }: WorkParts, reading: readonly Lease[], signal: AbortSignal) {
  const untilMs = performance.now() + limits.eraseWaitMs;
  for (let left = reading; left.length > 0; ) {
    const now = await journal.runningLeases();
    left = left.filter(({ key, fence }) => now.some((lease) => lease.key === key && lease.fence === fence));
    if (performance.now() >= untilMs) {
      for (const lease of left) await journal.giveBack(lease, 'not counted');
      return;
    }
    if (left.length > 0) await delay(lookMs, undefined, { signal });
  }
}
