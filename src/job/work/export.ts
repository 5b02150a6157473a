import type { Progress } from '../../domain/job.ts';
import { selectionFor } from '../../domain/selection.ts';
import { writeReport } from '../../report/report.ts';
import type { Attempt, AttemptContext, JobOf, WorkParts } from './parts.ts';

/**
 * One attempt at an export: the rows as they stand now become a report, and the report goes to the shelf whole and
 * durable. The job is recorded as finished only after that.
 */
export async function attemptExport(job: JobOf<'export'>, parts: WorkParts, context: AttemptContext): Promise<Attempt> {
  const readAtMs = parts.clock.now();
  using snapshot = await parts.store.snapshot(selectionFor(job.tenant, job.request), context.signal);
  const onRows = (rows: number) => context.progress(progressFor(rows, snapshot.rows));
  onRows(0);
  const place = await parts.shelf.begin(job.key, job.fence);
  try {
    const order = {
      request: job.request,
      jobId: job.id,
      tenant: job.tenant,
      app: job.app,
      appName: await parts.appName(job.app),
      askedAtMs: job.createdAtMs,
      readAtMs,
    };
    const { notes, ...written } = await writeReport(order, snapshot, place.file, { onRows, signal: context.signal });
    context.signal.throwIfAborted();
    const shelfName = await place.publish();
    const report = { fileName: `activity-export-${job.id}.zip`, shelfName, ...written };
    return { outcome: { type: 'export', report, notes }, takeBack: () => parts.shelf.remove(shelfName) };
  } catch (error) {
    await place.discard();
    throw error;
  }
}

function progressFor(rows: number, rowsTotal: number): Progress {
  // 100 % is for finished: what is written is not yet on the shelf.
  return { rows, rowsTotal, percent: rowsTotal === 0 ? 0 : Math.min(99, Math.floor((rows / rowsTotal) * 100)) };
}
