import type { JobId, JobKey, TenantId } from '../../domain/ids.ts';
import type { Job, JobType } from '../../domain/job.ts';

/** A job that a worker holds: every write about it names the fence. */
export type Lease = { readonly key: JobKey; readonly fence: number };

/** A running job as an observer sees it: who holds it, and whether its heartbeat moved. */
export type RunningLease = Lease & {
  readonly tenant: TenantId;
  readonly id: JobId;
  readonly type: JobType;
  readonly holder: string;
  readonly beat: number;
  readonly attempt: number;
};

/** What a claim gives to a worker. */
export type Claimed = Job & { readonly fence: number };
