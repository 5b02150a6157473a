import type {
  BackupRequest,
  CheckRequest,
  EraseRequest,
  ExportRequest,
  ImportRequest,
  JobState,
  JobType,
  Outcome,
} from '../../domain/job.ts';
import type { FileRef } from '../../files/files.ts';
import type { Claimed } from '../journal/journal.ts';
import { attemptBackup } from './backup.ts';
import { attemptCheck } from './check.ts';
import { attemptErase } from './erase.ts';
import { attemptExport } from './export.ts';
import { attemptImport } from './import.ts';
import type { Attempt, AttemptContext, JobOf, WorkParts } from './parts.ts';

export type { Attempt, AttemptContext, WorkParts } from './parts.ts';

type Requests = {
  readonly export: ExportRequest;
  readonly import: ImportRequest;
  readonly erase: EraseRequest;
  readonly backup: BackupRequest;
  readonly check: CheckRequest;
};

/** How many jobs of each type may run at once. */
export type SlotLimits = {
  readonly exportsRunningPerTenant: number;
  readonly exportsRunningPerWorker: number;
  readonly importsRunningPerTenant: number;
  readonly importsRunningPerWorker: number;
};

/** What is different from one type of job to another, all in one place. */
type TypeRules<T extends JobType> = {
  /** One attempt at the work; its result is durable when this returns. */
  readonly attempt: (job: JobOf<T>, parts: WorkParts, context: AttemptContext) => Promise<Attempt>;
  readonly slots: (limits: SlotLimits) => { readonly perTenant: number; readonly perWorker: number };
  /** How long what it made is kept, in ms; null for as long as the job. */
  readonly keptMs: (limits: { readonly reportKeptMs: number }) => number | null;
  /** The files that its work needs until it has ended. */
  readonly input: (request: Requests[T]) => readonly FileRef[];
  /** The files that it made, there to be fetched. */
  readonly made: (outcome: Extract<Outcome, { readonly type: T }>) => readonly FileRef[];
  /** Why it cannot be cancelled, after the words `Job 12`; null when it can. */
  readonly notCancelled: string | null;
};

/** One at a time, and what they make is no file of the service. */
const ofInstallation = {
  slots: () => ({ perTenant: 1, perWorker: 1 }),
  keptMs: () => null,
  input: () => [],
  made: () => [],
  notCancelled: null,
};

const rules: { readonly [T in JobType]: TypeRules<T> } = {
  export: {
    attempt: attemptExport,
    slots: (limits) => ({ perTenant: limits.exportsRunningPerTenant, perWorker: limits.exportsRunningPerWorker }),
    keptMs: (limits) => limits.reportKeptMs,
    input: () => [],
    made: ({ report }) => [{ place: 'shelf', name: report.shelfName }],
    notCancelled: null,
  },
  import: {
    attempt: attemptImport,
    slots: (limits) => ({ perTenant: limits.importsRunningPerTenant, perWorker: limits.importsRunningPerWorker }),
    keptMs: () => null,
    input: ({ spoolName }) => [{ place: 'spool', name: spoolName }],
    made: ({ rejectsName }) => (rejectsName === null ? [] : [{ place: 'spool', name: rejectsName }]),
    notCancelled: null,
  },
  erase: {
    attempt: (job, parts, context) => attemptErase(job, { ...parts, inputOf, madeBy }, context),
    // Each removal reads whole tables, and the erasures of a tenant follow one another.
    slots: () => ({ perTenant: 1, perWorker: 1 }),
    keptMs: () => null,
    input: () => [],
    made: () => [],
    notCancelled: 'erases activities and cannot be cancelled; wait for it to end.',
  },
  backup: { attempt: attemptBackup, ...ofInstallation },
  check: { attempt: attemptCheck, ...ofInstallation },
};

/** A job, or its stored row, as far as its files go. */
export type WithFiles = {
  readonly type: JobType;
  readonly state: JobState;
  readonly request: Requests[JobType];
  readonly outcome?: Outcome | null;
};

/** Makes one attempt at a job of any type. */
export function attempt(job: Claimed, parts: WorkParts, context: AttemptContext): Promise<Attempt> {
  return rulesOf(job.type).attempt(job, parts, context);
}

export function slotsFor(
  type: JobType,
  limits: SlotLimits,
): { readonly perTenant: number; readonly perWorker: number } {
  return rules[type].slots(limits);
}

export function keptMsFor(type: JobType, limits: { readonly reportKeptMs: number }): number | null {
  return rules[type].keptMs(limits);
}

/** The files that a job's work needs until it has ended. */
export function inputOf(job: Pick<WithFiles, 'type' | 'request'>): readonly FileRef[] {
  return rulesOf(job.type).input(job.request);
}

export function notCancelledBecause(type: JobType): string | null {
  return rules[type].notCancelled;
}

/** The files that a finished job made, there to be fetched. */
export function madeBy(outcome: Outcome | null | undefined): readonly FileRef[] {
  return outcome ? rulesOf(outcome.type).made(outcome) : [];
}

/** Every file that a job needs in its state; whatever else lies in the spool and on the shelf is left over. */
export function filesOf(job: WithFiles): readonly FileRef[] {
  if (job.state === 'waiting' || job.state === 'running') return inputOf(job);
  return job.state === 'finished' ? madeBy(job.outcome) : [];
}

/** The rules of a type that is not known to the compiler; the caller passes a job or outcome of that same type. */
function rulesOf(type: JobType): TypeRules<JobType> {
  return rules[type] as unknown as TypeRules<JobType>;
}

/** How large the report is that an attempt made; null for one that made none. */
export function sizeOf(outcome: Outcome): { readonly rows: number; readonly bytes: number } | null {
  if (outcome.type !== 'export') return null;
  const { rows, bytes } = outcome.report;
  return { rows, bytes };
}
