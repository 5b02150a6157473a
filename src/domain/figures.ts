import type { JobType } from './job.ts';

/** The queue of one type of job as it is now. `oldestAtMs`: when the oldest that waits was added, ms since 1970. */
export type JobFigures = {
  readonly type: JobType;
  readonly waiting: number;
  readonly running: number;
  readonly oldestAtMs: number | null;
};

/** Something that this process did with a job, for whoever counts. `ms`: how long the attempt ran that ended the job. */
export type JobEvent = { readonly type: JobType } & (
  | { readonly what: 'taken up' }
  /** `report` of an export: its rows, and the bytes of its archive. */
  | {
      readonly what: 'finished';
      readonly ms: number;
      readonly report: { readonly rows: number; readonly bytes: number } | null;
    }
  | { readonly what: 'failed'; readonly ms: number }
  | { readonly what: 'cancelled' }
  /** Its lease was taken from a worker that had died or gave no sign of life. `gaveUp`: it was the last attempt. */
  | { readonly what: 'rescued'; readonly because: 'lease_ran_out' | 'worker_died'; readonly gaveUp: boolean }
);
