import type { TenantId } from '../../domain/ids.ts';
import { type ExportRequest, erasedName, hasEnded, type Job, type Outcome } from '../../domain/job.ts';
import { type FileRef, removeFiles } from '../../files/files.ts';
import type { PendingErasure } from '../../store/store.ts';
import { rejectsNameFor, type WorkParts } from './parts.ts';

/** With what the table over the types of jobs says of their files. */
export type ErasureParts = WorkParts & {
  readonly inputOf: (job: Job) => readonly FileRef[];
  readonly madeBy: (outcome: Outcome) => readonly FileRef[];
};

/** Jobs read at once. */
const pageOfJobs = 500;

/**
 * Removes what jobs of a tenant may hold of erased activities: reports, rejects, and the erased user's name in requests.
 * When the whole tenant is erased, its imports are cancelled and their files removed. Safe to repeat.
 */
export async function forgetInJobs(
  parts: ErasureParts,
  tenant: TenantId,
  erasures: readonly PendingErasure[],
): Promise<void> {
  for (let before: Parameters<WorkParts['journal']['list']>[1]['before'] = null; ; ) {
    const page = await parts.journal.list(tenant, { state: null, type: null, before, limit: pageOfJobs });
    const names = page.jobs.flatMap((job) => (job.type === 'export' ? usersOf(job.request) : []));
    const keys = await parts.store.userKeys([...new Set(names)]);
    const erased = new Set(erasures.map(({ userKey }) => userKey));
    for (const job of page.jobs) await forgetIn(parts, job, erasures, (name) => erased.has(keys.get(name) ?? null));
    if (page.next === null) return;
    before = page.next;
  }
}

async function forgetIn(
  parts: ErasureParts,
  job: Job,
  erasures: readonly PendingErasure[],
  isErased: (name: string) => boolean,
): Promise<void> {
  if (!hasEnded(job)) {
    if (job.type === 'import' && erasures.some(({ what }) => what === 'tenant')) await cancel(parts, job);
    return;
  }
  if (job.type === 'export' && usersOf(job.request).some(isErased)) await rename(parts, job, isErased);
  if (job.state !== 'finished' && job.state !== 'expired') return;
  const files = parts.madeBy(job.outcome);
  if (job.state === 'finished' && files.length > 0 && mayHold(job, erasures, isErased)) {
    if (await parts.journal.expire(job.key, 'erased')) parts.changed(job.key);
    await removeFiles(parts, files);
  } else if (job.state === 'expired' && job.outcome.erased) {
    // An erasure that was cut off may have left them.
    await removeFiles(parts, files);
  }
}

/** Replaces the user's name in the row of a job; a note of its report may have it too. */
async function rename(
  { journal }: ErasureParts,
  job: Extract<Job, { readonly type: 'export' }>,
  isErased: (name: string) => boolean,
): Promise<void> {
  const { user, users } = job.request;
  const shown = (name: string) => (isErased(name) ? erasedName : name);
  const request = { ...job.request, user: user === null ? null : shown(user), users: users.map(shown) };
  const outcome = 'outcome' in job ? job.outcome : null;
  await journal.rewrite(job.key, request, outcome?.type === 'export' ? { ...outcome, notes: [] } : outcome);
}

/**
 * Whether the files of a job may hold what one of the erasures erases. Rejects do not say reliably whose they are. What
 * is only older than the tenant keeps stays in files that are there: they expire by themselves, a report within days.
 */
function mayHold(job: Job, erasures: readonly PendingErasure[], isErased: (name: string) => boolean): boolean {
  if (erasures.every(({ what }) => what === 'expired')) return false;
  if (job.type !== 'export') return true;
  const { from } = job.request;
  const users = usersOf(job.request);
  return erasures.some(({ what, beforeMs }) => {
    if (what === 'expired' || (from !== null && beforeMs !== null && Date.parse(from) >= beforeMs)) return false;
    return what === 'tenant' || users.length === 0 || users.some(isErased);
  });
}

function usersOf({ user, users }: ExportRequest): readonly string[] {
  return user === null ? users : [user, ...users];
}

async function cancel(parts: ErasureParts, job: Job): Promise<void> {
  if (job.state !== 'waiting' && job.state !== 'running') return;
  const lease = (await parts.journal.runningLeases()).find(({ key }) => key === job.key);
  // It may have been taken up or have ended since; then the next look finds it.
  if (!(await parts.journal.cancel(job.key, job.state, parts.clock.now()))) return;
  parts.changed(job.key);
  await removeFiles(parts, parts.inputOf(job));
  // Its attempt notices within a second.
  if (lease !== undefined) await parts.spool.removeRejects(rejectsNameFor(lease));
}
