import type { Source } from './activity.ts';
import type { Check } from './check.ts';
import type { ColumnName, Language, ReportFormat } from './columns.ts';
import type { FailureCode } from './failure.ts';
import type { Filters } from './filters.ts';
import type { AppId, JobId, JobKey, TenantId } from './ids.ts';

/** What an export was asked for, as understood. Times are ISO 8601 UTC; `from` is inside, `until` is not. */
export type ExportRequest = Filters & {
  readonly source: Source;
  readonly from: string | null;
  readonly until: string | null;
  readonly format: ReportFormat;
  readonly columns: readonly ColumnName[];
  readonly language: Language;
  /** An IANA name, or null for UTC alone. */
  readonly timeZone: string | null;
};

/**
 * A received file of audit records: its name in the spool and what the sender called it. With `allowForgotten` it
 * brings back what was erased before; jobs of older versions lack it.
 */
export type ImportRequest = {
  readonly fileName: string | null;
  readonly spoolName: string;
  readonly bytes: number;
  readonly allowForgotten?: boolean;
};

/** What an erasure erases. Times are ISO 8601 UTC; activities at `before` and later stay. */
export type EraseRequest =
  /** What one user did before a time, or null: all of it. After the erasure the name is replaced by `erasedName`. */
  | { readonly what: 'user'; readonly user: string; readonly before: string | null }
  | { readonly what: 'tenant' }
  /** What is older than the tenant keeps. */
  | { readonly what: 'expired'; readonly before: string }
  /** What earlier erasures of the tenant have not removed yet, because their jobs failed. */
  | { readonly what: 'unfinished' };

/** Stands in the requests of jobs where the name of a user was whose activities are erased. */
export const erasedName = '(erased)';

export type ReportFile = {
  readonly name: string;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
};

/** A report on the shelf. `sha256` (hex) and `bytes` are of the whole ZIP; `shelfName` is its file there. */
export type Report = {
  readonly fileName: string;
  readonly shelfName: string;
  readonly bytes: number;
  readonly rows: number;
  readonly sha256: string;
  readonly files: readonly ReportFile[];
};

/**
 * What an import did; read = added + duplicates + rejected + forgotten. `from` and `until` are the first and last time
 * seen. `assumed`: one sentence for each thing that the file did not say, such as its encoding. `forgotten`: records that
 * were not stored because they were erased before or are older than the tenant keeps; jobs of older versions lack it.
 */
export type ImportResult = {
  readonly read: number;
  readonly added: number;
  readonly duplicates: number;
  readonly rejected: number;
  readonly forgotten?: number;
  readonly from: string | null;
  readonly until: string | null;
  readonly bySource: Readonly<Partial<Record<Source, number>>>;
  readonly assumed: readonly string[];
};

/** A backup of the whole installation: `name` becomes a new directory in `directory`, an absolute path. */
export type BackupRequest = { readonly directory: string; readonly name: string };

/**
 * The check of the store for `trailport doctor`. A thorough one compares the checksum of every file. `monthly`: how many
 * activities the imports of the last month added, for the space that another one needs.
 */
export type CheckRequest = { readonly thorough: boolean; readonly monthly: number };

/** What a backup holds. `copiedBytes` were not in an earlier backup of the same directory. */
export type BackupResult = {
  readonly path: string;
  readonly activities: number;
  readonly files: number;
  readonly bytes: number;
  readonly copiedBytes: number;
};

/** Why a job failed, in one sentence. */
export type JobFailure = { readonly code: FailureCode; readonly message: string };

export const jobTypes = ['export', 'import', 'erase', 'backup', 'check'] as const;
export type JobType = (typeof jobTypes)[number];

export const jobStates = ['waiting', 'running', 'finished', 'failed', 'cancelled', 'expired'] as const;
export type JobState = (typeof jobStates)[number];

/** What may follow what. Finished, failed and cancelled are ends; a finished job's report expires. */
export const mayFollow = {
  waiting: ['running', 'cancelled', 'failed'],
  running: ['waiting', 'finished', 'failed', 'cancelled'],
  finished: ['expired'],
  failed: [],
  cancelled: [],
  expired: [],
} as const satisfies Record<JobState, readonly JobState[]>;

/** How far a running job is; `percent` is 0 to 100 and whole, null while nothing is known. */
export type Progress = { readonly rows: number; readonly rowsTotal: number | null; readonly percent: number | null };

export type Work =
  | { readonly type: 'export'; readonly request: ExportRequest }
  | { readonly type: 'import'; readonly request: ImportRequest }
  | { readonly type: 'erase'; readonly request: EraseRequest }
  | OwnWork;

/** Work on the whole installation: its jobs belong to no tenant. */
export type OwnWork =
  | { readonly type: 'backup'; readonly request: BackupRequest }
  | { readonly type: 'check'; readonly request: CheckRequest };

/** `erased`: its files were removed because they might hold what an erasure erased. */
export type Outcome = { readonly erased?: true } & (
  | /** `notes`: one sentence for each thing to know of the report. Jobs of older versions have none. */
  { readonly type: 'export'; readonly report: Report; readonly notes?: readonly string[] }
  /** `rejectsName` is the file of what was set aside, null when nothing was. */
  | { readonly type: 'import'; readonly result: ImportResult; readonly rejectsName: string | null }
  /** How many activities were erased. */
  | { readonly type: 'erase'; readonly result: { readonly rows: number } }
  | { readonly type: 'backup'; readonly result: BackupResult }
  | { readonly type: 'check'; readonly checks: readonly Check[] }
);

/** A job's state with exactly what is true in it. Times are milliseconds since 1970. */
export type Phase =
  | { readonly state: 'waiting'; readonly queuePosition: number }
  | { readonly state: 'running'; readonly startedAtMs: number; readonly progress: Progress }
  | {
      readonly state: 'finished';
      readonly startedAtMs: number;
      readonly endedAtMs: number;
      readonly expiresAtMs: number | null;
      readonly outcome: Outcome;
    }
  | { readonly state: 'expired'; readonly startedAtMs: number; readonly endedAtMs: number; readonly outcome: Outcome }
  | { readonly state: 'failed'; readonly endedAtMs: number; readonly failure: JobFailure }
  | { readonly state: 'cancelled'; readonly endedAtMs: number };

export type Job = {
  readonly key: JobKey;
  readonly id: JobId;
  readonly tenant: TenantId;
  readonly app: AppId;
  readonly createdAtMs: number;
  /** How many times it was taken up, from 1; 0 while it never was. */
  readonly attempt: number;
} & Work &
  Phase;

/** Whether nothing more will happen to the job's work. */
export function hasEnded<J extends Pick<Job, 'state'>>(
  job: J,
): job is Exclude<J, { readonly state: 'waiting' | 'running' }> {
  return job.state !== 'waiting' && job.state !== 'running';
}
