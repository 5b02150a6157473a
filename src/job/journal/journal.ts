import type { JobFigures } from '../../domain/figures.ts';
import type { AppId, JobId, JobKey, TenantId } from '../../domain/ids.ts';
import type { Job, JobFailure, JobState, JobType, Outcome, Progress, Work } from '../../domain/job.ts';
import type { Claimed, Lease, RunningLease } from './lease.ts';

export type { Claimed, Lease, RunningLease } from './lease.ts';

export type NewJob = Work & {
  readonly tenant: TenantId;
  readonly app: AppId;
  /** The hash of what is asked for; null for a job that is never the same as another. */
  readonly same: string | null;
  readonly idempotencyKey: string | null;
};

export type SubmitAsk = {
  readonly nowMs: number;
  /** Whether a job of the same app with an equal `same` is answered instead, while it waits or runs. */
  readonly joins: boolean;
  /** How many jobs of the tenant may wait before a new one is refused; null for any number. */
  readonly mostWaiting: number | null;
};

export type Submitted =
  | { readonly did: 'added' | 'joined'; readonly id: JobId }
  /** The key was used for a request with another `same`. */
  | { readonly did: 'refused'; readonly because: 'queue full' | 'key used' };

/** Which waiting jobs are meant: a suspect's attempts were cut off twice or more, and it runs apart from the others. */
export type Which = 'suspect' | 'unsuspected';

export type ClaimAsk = {
  readonly type: JobType;
  /** Who takes it up. */
  readonly holder: string;
  /** How many of this type a tenant may have running. */
  readonly perTenant: number;
  readonly nowMs: number;
  readonly which: Which;
};

/** Which jobs of a tenant a page shows: those with a smaller number than `before`, at most `limit`. */
export type JobFilter = {
  readonly state: JobState | null;
  readonly type: JobType | null;
  readonly before: JobId | null;
  readonly limit: number;
};

/** `next` is the `before` of the page that follows; null on the last page. */
export type JobPage = { readonly jobs: readonly Job[]; readonly next: JobId | null };

/** A job as far as its files go. */
export type StoredJob = Pick<Job, 'type' | 'state' | 'request'> & { readonly outcome: Outcome | null };

/** What other processes may have done, as far as the database tells it. */
export type News =
  /** A job waits that did not wait before. */
  { readonly what: 'work' } | { readonly what: 'changed' | 'cancelled'; readonly key: JobKey };

/**
 * The truth about jobs. Every method is one whole move: it happens or it does not, and it is durable when its promise
 * resolves. Any number of processes may use the same journal. A move names the state that it starts from, and a move of an
 * attempt its fence too; one that comes too late answers false and changes nothing.
 */
export interface Journal extends AsyncDisposable {
  /**
   * Adds a waiting job. Its number is one more than the tenant's last, and is never given again. An idempotency key of the
   * app that was used before answers with that job, whatever has become of it; otherwise `joins` counts.
   */
  submit(job: NewJob, ask: SubmitAsk): Promise<Submitted>;

  /** Null for no such job and for another tenant's alike. */
  find(tenant: TenantId, id: JobId): Promise<Job | null>;

  /**
   * What `find` would say, if that is known without asking the database; undefined if not. The same object while nothing
   * has changed. Own moves count at once, those of others within a second.
   */
  remembered(tenant: TenantId, id: JobId): Job | null | undefined;

  /** Another process has changed the job: the next `find` or `remembered` says it. */
  lookAgain(key: JobKey): void;

  /** A page of a tenant's jobs, newest first. It ends early where its stored texts come to more than a MiB. */
  list(tenant: TenantId, filter: JobFilter): Promise<JobPage>;

  /**
   * Takes up the job whose turn it is, or answers null. Tenants take turns: the one with the fewest jobs of this type
   * running comes first, then the one that was served longest ago, then the one whose job waited longest. Apps of that
   * tenant take turns by the same rule, and of the app's jobs the oldest is taken. However many workers claim at once, no
   * job is taken twice, and no tenant has more than `perTenant` of the type running.
   */
  claim(ask: ClaimAsk): Promise<Claimed | null>;

  /** Whether a suspect of any type waits. */
  hasSuspect(): Promise<boolean>;

  /** Shows that the holder lives and how far it is; false when the lease is no longer its own. */
  beat(lease: Lease, progress: Progress): Promise<boolean>;

  finish(lease: Lease, outcome: Outcome, endedAtMs: number, expiresAtMs: number | null): Promise<boolean>;

  fail(lease: Lease, failure: JobFailure, endedAtMs: number): Promise<boolean>;

  /** Back into the queue, at its old place. An attempt that was stopped and did not fail is not counted. */
  giveBack(lease: Lease, counts: 'counted' | 'not counted'): Promise<boolean>;

  cancel(key: JobKey, from: 'waiting' | 'running', endedAtMs: number): Promise<boolean>;

  /** `erased`: because its files may hold what an erasure erased. */
  expire(key: JobKey, because?: 'erased' | 'over'): Promise<boolean>;

  /** Replaces the texts of a job in which an erased user is named; the hash of its request and its key go too. */
  rewrite(key: JobKey, request: Work['request'], outcome: Outcome | null): Promise<void>;

  /** Removes from the disk what was overwritten; false when it cannot be done just now. */
  compact(): Promise<boolean>;

  runningLeases(): Promise<RunningLease[]>;

  /** How many jobs of each type wait and run, and since when. Cheap whatever the queue holds: counts stop at 100,000. */
  figures(): Promise<JobFigures[]>;

  /** Finished jobs with a report whose time is over, oldest first. */
  expiredBy(nowMs: number, limit: number): Promise<{ readonly id: JobId; readonly tenant: TenantId }[]>;

  /**
   * Removes at most `limit` jobs that ended before `endedBeforeMs`, oldest first, and returns them as far as files go.
   * A job stays for as long as its report is kept. Its number does not come back.
   */
  removeEnded(endedBeforeMs: number, limit: number): Promise<StoredJob[]>;

  /** Every job that may have files: those that wait, run or are finished, of all tenants, as far as files go. */
  withFiles(): AsyncIterable<StoredJob>;

  /**
   * Calls back with moves of other processes, where the database tells of them. It may miss some: who waits for one
   * looks again every second.
   */
  onNews(listener: (news: News) => void): void;
}
