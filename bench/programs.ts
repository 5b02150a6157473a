import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ColumnName, ReportFormat } from '../src/domain/columns.ts';
import type { TenantId } from '../src/domain/ids.ts';
import { Program } from '../test/story/program.ts';
import { type Generated, makeStore } from './store/make.ts';

/** Makes a data directory as the program does, with generated activities; a crowd without tenant is the first app's. */
export async function makeData(
  data: string,
  crowds: readonly { readonly tenant?: TenantId; readonly rows: number }[],
): Promise<void> {
  const program = await Program.start({ data });
  const own = program.credentials.tenant as TenantId;
  await program.stop();
  const whole = crowds.map(({ tenant = own, rows }): Generated => ({ tenant, rows, raw: 'short' }));
  await makeStore(join(data, 'store'), whole);
}

/** Exports everything of Microsoft 365, by default as a workbook: the seconds from the request to the status `finished`. */
export async function secondsOfExport(
  program: Program,
  rows: number,
  asked: { readonly format?: ReportFormat; readonly columns?: readonly ColumnName[] } = {},
): Promise<number> {
  const started = performance.now();
  const { jobId } = await program.json<{ jobId: number }>('/insights/exports', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'cache-control': 'no-cache' },
    body: JSON.stringify({ source: 'microsoft365', ...asked }),
  });
  const { jobStatus, message } = await program.ended(jobId);
  const seconds = (performance.now() - started) / 1000;
  if (jobStatus !== 2) throw new Error(message);
  const job = await program.json<{ report: { rows: number } }>(`/insights/job/${jobId}`);
  if (job.report.rows !== rows) throw new Error(`The report has ${job.report.rows} rows.`);
  return seconds;
}

/** The most memory that the worker ever held (proc_pid_status(5), VmHWM). */
export function workerPeakBytes(program: Program): number {
  const status = readFileSync(`/proc/${program.workerPid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}
