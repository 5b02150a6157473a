import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultColumns } from '../../src/domain/columns.ts';
import { noFilters } from '../../src/domain/filters.ts';
import type { AppId, TenantId } from '../../src/domain/ids.ts';
import type { ExportRequest, Outcome } from '../../src/domain/job.ts';
import { Journal } from '../../src/job/journal/journal.ts';
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

/** A real journal in a new temporary directory, which is gone when it is disposed of. */
export type OpenJournal = Disposable & {
  readonly directory: string;
  /** The database file. */
  readonly path: string;
  readonly journal: Journal;
  addExport(tenant?: TenantId, by?: AppId): ReturnType<Journal['add']>;
};

export function openJournal(fileName = 'jobs.sqlite'): OpenJournal {
  const directory = mkdtempSync(join(tmpdir(), 'trailport-'));
  const path = join(directory, fileName);
  const db = openSqlite(path, 1000);
  const journal = new Journal(db);
  return {
    directory,
    path,
    journal,
    addExport: (tenant = contoso, by = app) =>
      journal.add({ type: 'export', request: exportRequest, tenant, app: by, same: null, idempotencyKey: null }, 1),
    [Symbol.dispose]: () => {
      db.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
