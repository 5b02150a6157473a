import type { ExportRequest, Job, Outcome, Progress } from '../../domain/job.ts';
import { periodFromBounds } from '../../domain/period.ts';
import type { Selection } from '../../domain/selection.ts';
import type { Shelf } from '../../files/files.ts';
import { writeReport } from '../../report/report.ts';
import type { Store } from '../../store/store.ts';

/** What an attempt tells and hears while it runs. */
export type Follow = {
  readonly progress: (progress: Progress) => void;
  /** Aborts when the job was called off, the lease was lost or the worker stops. */
  readonly signal: AbortSignal;
};

export type ExportJob = Extract<Job, { readonly type: 'export' }> & { readonly fence: number };

/**
 * One attempt at an export: the rows as they stand now become a report, the report goes to the shelf whole and durable.
 * Only then may the job say finished. `take back` removes the file when somebody else has the job by then.
 */
export async function attemptExport(
  job: ExportJob,
  parts: { readonly store: Store; readonly shelf: Shelf },
  follow: Follow,
): Promise<{ readonly outcome: Outcome; takeBack(): Promise<void> }> {
  using snapshot = await parts.store.snapshot(selectionFor(job));
  const onRows = (rows: number) => follow.progress(progressFor(rows, snapshot.rows));
  onRows(0);
  const place = await parts.shelf.begin(job.key, job.fence);
  try {
    const order = { request: job.request, jobId: job.id, tenant: job.tenant, app: job.app, askedAtMs: job.createdAtMs };
    const written = await writeReport(order, snapshot, place.file, { onRows, signal: follow.signal });
    follow.signal.throwIfAborted();
    const shelfName = await place.publish();
    const report = { fileName: `activity-export-${job.id}.zip`, shelfName, ...written };
    return { outcome: { type: 'export', report }, takeBack: () => parts.shelf.remove(shelfName) };
  } catch (error) {
    await place.discard();
    throw error;
  }
}

/** The rows that an export asks for. */
export function selectionFor(job: {
  readonly tenant: Selection['tenant'];
  readonly request: ExportRequest;
}): Selection {
  const { source, user, object, from, until, eventTypes } = job.request;
  return { tenant: job.tenant, source, user, object, period: periodFromBounds(from, until), eventTypes };
}

function progressFor(rows: number, rowsTotal: number): Progress {
  // 100 % is for finished: what is written is not yet on the shelf.
  return { rows, rowsTotal, percent: rowsTotal === 0 ? 0 : Math.min(99, Math.floor((rows / rowsTotal) * 100)) };
}
