import { noFilters } from '../../domain/filters.ts';
import type { AppId, JobId, JobKey, TenantId } from '../../domain/ids.ts';
import {
  type Job,
  type JobFailure,
  type JobState,
  type JobType,
  jobTypes,
  type Outcome,
  type Phase,
  type Work,
} from '../../domain/job.ts';

/** Every type, for SQL: named so that the indexes, which begin with the type, are used. */
export const everyType = jobTypes.map((type) => `'${type}'`).join(', ');

/** Characters of the jobs that are remembered until something changes. One has some 500, and up to a million. */
export const mostRemembered = 4_000_000;

/** A row of the table `job`. */
export type JobRow = {
  /** The key inside the service. */
  readonly id: number;
  /** The number on the wire, within the tenant. */
  readonly number: number;
  readonly tenant: string;
  readonly app: string;
  readonly type: JobType;
  readonly request: string;
  readonly state: JobState;
  readonly same: string | null;
  readonly created_at: number;
  readonly started_at: number | null;
  readonly ended_at: number | null;
  readonly expires_at: number | null;
  readonly attempt: number;
  readonly fence: number;
  readonly rows: number;
  readonly rows_total: number | null;
  readonly percent: number | null;
  readonly outcome: string | null;
  readonly failure: string | null;
};

/** The job of a row. `queuePosition` counts from 1 and is used only while it waits. */
export function jobFrom(row: JobRow, queuePosition: number): Job {
  return {
    key: row.id as JobKey,
    id: row.number as JobId,
    tenant: row.tenant as TenantId,
    app: row.app as AppId,
    createdAtMs: row.created_at,
    attempt: row.attempt,
    ...workFrom(row),
    ...phaseFrom(row, queuePosition),
  };
}

/** Exports of older versions lack the filters that came later. */
function workFrom({ type, request }: JobRow): Work {
  const stored = JSON.parse(request);
  return { type, request: type === 'export' ? { ...noFilters, ...stored } : stored } as Work;
}

function phaseFrom(row: JobRow, queuePosition: number): Phase {
  const startedAtMs = row.started_at ?? row.created_at;
  const endedAtMs = row.ended_at ?? row.created_at;
  switch (row.state) {
    case 'waiting':
      return { state: 'waiting', queuePosition };
    case 'running':
      return {
        state: 'running',
        startedAtMs,
        progress: { rows: row.rows, rowsTotal: row.rows_total, percent: row.percent },
      };
    case 'finished':
      return { state: 'finished', startedAtMs, endedAtMs, expiresAtMs: row.expires_at, outcome: outcomeFrom(row) };
    case 'expired':
      return { state: 'expired', startedAtMs, endedAtMs, outcome: outcomeFrom(row) };
    case 'failed':
      return { state: 'failed', endedAtMs, failure: JSON.parse(row.failure ?? 'null') as JobFailure };
    case 'cancelled':
      return { state: 'cancelled', endedAtMs };
  }
}

function outcomeFrom(row: JobRow): Outcome {
  return JSON.parse(row.outcome ?? 'null') as Outcome;
}
