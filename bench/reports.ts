import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultColumns, type ReportFormat } from '../src/domain/columns.ts';
import { noFilters } from '../src/domain/filters.ts';
import type { AppId, JobId, TenantId } from '../src/domain/ids.ts';
import { writeReport } from '../src/report/report.ts';
import type { Snapshot, Store } from '../src/store/store.ts';

/** All activities of a tenant. */
export function everythingOf(store: Store, tenant: TenantId): Promise<Snapshot> {
  const period = { fromMs: null, untilMs: null };
  return store.snapshot({ tenant, source: 'microsoft365', period, ...noFilters });
}

/** Writes a report as an attempt does, from the question to the durable file; returns rows, bytes and seconds. */
export async function timedReport(store: Store, directory: string, tenant: TenantId, format: ReportFormat) {
  const path = join(directory, `report-${format}.zip`);
  const started = performance.now();
  const snapshot = await everythingOf(store, tenant);
  const nothing = { ...noFilters, from: null, until: null, timeZone: null };
  const request = { ...nothing, source: 'microsoft365', format, columns: defaultColumns, language: 'en-US' } as const;
  const order = {
    request,
    jobId: 1 as JobId,
    tenant,
    app: 'bench' as AppId,
    appName: 'Bench',
    readAtMs: Date.now(),
    askedAtMs: Date.now(),
  };
  const follow = { onRows: () => undefined, signal: new AbortController().signal };
  const file = await open(path, 'wx+');
  try {
    const { rows, bytes } = await writeReport(order, snapshot, file, follow);
    // The shelf does this before a job is finished.
    await file.sync();
    return { rows, bytes, seconds: (performance.now() - started) / 1000 };
  } finally {
    await file.close();
    await rm(path);
  }
}
