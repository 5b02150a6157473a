import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Activity } from '../../src/domain/activity.ts';
import { defaultColumns, type ReportFormat } from '../../src/domain/columns.ts';
import { filtersOf, noFilters } from '../../src/domain/filters.ts';
import type { AppId, JobId, TenantId } from '../../src/domain/ids.ts';
import type { ExportRequest, ReportFile } from '../../src/domain/job.ts';
import { writeReport } from '../../src/report/report.ts';
import type { ReportOrder } from '../../src/report/task.ts';
import { type Snapshot, Store } from '../../src/store/store.ts';
import { type ArchiveEntry, entriesOf } from './readers.ts';

/** A store in a temporary directory, and reports from it; tests are separated by tenants. */
export class Harness implements AsyncDisposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'trailport-report-'));
  #store: Promise<Store> | null = null;
  #tenants = 0;
  #reports = 0;

  async keep(activities: readonly Activity[]): Promise<TenantId> {
    const store = await this.store();
    const tenant = `tenant-${++this.#tenants}` as TenantId;
    for (let i = 0; i < activities.length; i += 5000) {
      await store.add(tenant, 1 as JobId, activities.slice(i, i + 5000));
    }
    return tenant;
  }

  store(): Promise<Store> {
    this.#store ??= Store.open(join(this.directory, 'store'));
    return this.#store;
  }

  async snapshot(tenant: TenantId, over: Partial<ExportRequest> = {}): Promise<Snapshot> {
    const store = await this.store();
    const period = { fromMs: null, untilMs: null };
    const source = over.source ?? 'microsoft365';
    return store.snapshot({ tenant, source, period, ...filtersOf({ ...noFilters, ...over }) });
  }

  /** A whole report as a client gets it, with its entries and its progress. */
  async report(tenant: TenantId, format: ReportFormat, over: Partial<ExportRequest> = {}): Promise<WrittenReport> {
    const snapshot = await this.snapshot(tenant, over);
    const progress: number[] = [];
    const path = join(this.directory, `report-${++this.#reports}.zip`);
    const file = await open(path, 'wx+');
    try {
      const follow = { onRows: (rows: number) => progress.push(rows), signal: new AbortController().signal };
      const written = await writeReport(orderFor(tenant, format, over), snapshot, file, follow);
      return { ...written, path, progress, entries: await entriesOf(path) };
    } finally {
      await file.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#store)?.[Symbol.asyncDispose]();
    rmSync(this.directory, { recursive: true });
  }
}

export type WrittenReport = {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly rows: number;
  readonly files: readonly ReportFile[];
  readonly notes: readonly string[];
  readonly progress: readonly number[];
  readonly entries: ReadonlyMap<string, ArchiveEntry>;
};

export function orderFor(tenant: TenantId, format: ReportFormat, over: Partial<ExportRequest> = {}): ReportOrder {
  const request: ExportRequest = {
    source: 'microsoft365',
    ...noFilters,
    from: null,
    until: null,
    format,
    columns: defaultColumns,
    language: 'en-US',
    timeZone: null,
    ...over,
  };
  return {
    request,
    jobId: 7 as JobId,
    tenant,
    app: 'app-1' as AppId,
    appName: 'Nightly audit',
    readAtMs: Date.UTC(2026, 10, 23, 0, 1),
    askedAtMs: Date.UTC(2026, 10, 23),
  };
}
