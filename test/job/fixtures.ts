import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultColumns } from '../../src/domain/columns.ts';
import { noFilters } from '../../src/domain/filters.ts';
import type { AppId, JobId, TenantId } from '../../src/domain/ids.ts';
import type { ExportRequest, Outcome } from '../../src/domain/job.ts';
import type { ClaimAsk, Claimed, Journal, NewJob } from '../../src/job/journal/journal.ts';
import { SqliteJournal } from '../../src/job/journal/sqlite/journal.ts';
import { openSqlite } from '../../src/kit/sqlite/sqlite.ts';

export const contoso = 'contoso' as TenantId;
export const app = 'exporter' as AppId;

/** An export of everything, with every default filled in. */
export const exportRequest: ExportRequest = {
  source: 'microsoft365',
  ...noFilters,
  from: null,
  until: null,
  format: 'xlsx',
  columns: defaultColumns,
  language: 'en-US',
  timeZone: null,
};

export const outcome: Outcome = {
  type: 'export',
  report: { fileName: 'a.zip', shelfName: '1-1.zip', bytes: 1, rows: 0, sha256: '00', files: [] },
};

export function exportOf(tenant: TenantId = contoso, by: AppId = app): NewJob {
  return { type: 'export', request: exportRequest, tenant, app: by, same: null, idempotencyKey: null };
}

/** Adds a job that is never the same as another, to a queue without a limit. */
export async function add(journal: Journal, job: NewJob, nowMs = 1): Promise<JobId> {
  const submitted = await journal.submit(job, { nowMs, joins: false, mostWaiting: null });
  return submitted.did === 'added' ? submitted.id : assert.fail();
}

/** Takes up the export whose turn it is, as a worker with the name `w` does. */
export function claim(journal: Journal, ask: Partial<ClaimAsk> = {}): Promise<Claimed | null> {
  return journal.claim({ type: 'export', holder: 'w', perTenant: 5, nowMs: 2, which: 'unsuspected', ...ask });
}

/** A real journal in a new temporary directory, which is gone when it is disposed of. */
export type OpenJournal = Disposable & {
  readonly directory: string;
  /** The database file. */
  readonly path: string;
  readonly journal: Journal;
  addExport(tenant?: TenantId, by?: AppId): Promise<JobId>;
};

export function openJournal(fileName = 'jobs.sqlite'): OpenJournal {
  const directory = mkdtempSync(join(tmpdir(), 'trailport-'));
  const path = join(directory, fileName);
  const db = openSqlite(path, 1000);
  const journal = new SqliteJournal(db);
  return {
    directory,
    path,
    journal,
    addExport: (tenant = contoso, by = app) => add(journal, exportOf(tenant, by)),
    [Symbol.dispose]: () => {
      db.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
