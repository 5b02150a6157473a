import { spawnSync } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import type { ReportFormat } from '../../src/domain/columns.ts';
import { Program } from '../../test/story/program.ts';
import { median } from '../machine.ts';
import type { KnownStore, Slice } from './stores.ts';

/** An export of a slice, asked for as a client does. */
export type ExportQuestion = {
  readonly name: 'user' | 'site' | 'quietUser';
  readonly by: 'user' | 'object';
  readonly format: ReportFormat;
};

/** A call that is answered at once. */
export type Lookup = { readonly name: string; readonly path: string };

export const exportQuestions: readonly ExportQuestion[] = (['xlsx', 'jsonl'] as const).flatMap((format) => [
  { name: 'user', by: 'user', format },
  { name: 'site', by: 'object', format },
  { name: 'quietUser', by: 'user', format },
]);

const source = 'source=microsoft365';

/** Pages and summaries; `of` names what the target is about. */
export function lookupsOf({
  slices,
}: KnownStore): readonly (Lookup & { readonly of: 'day count' | 'page' | 'summary' })[] {
  const { user, site, quietUser, topUser, topSite } = slices;
  const filter = (by: 'user' | 'object', { name }: Slice) => `${source}&${by}=${encodeURIComponent(name)}`;
  const page = (of: string, by: 'user' | 'object', slice: Slice) =>
    ({
      of: 'page',
      name: `a page of 100, ${of}`,
      path: `/insights/activities?${filter(by, slice)}&limit=100`,
    }) as const;
  const summary = (by: string, of: string, slice: Slice) =>
    ({
      of: 'summary',
      name: `a summary by ${by}, ${of}`,
      path: `/insights/activities/summary?by=${by}&${filter('user', slice)}`,
    }) as const;
  return [
    { of: 'day count', name: 'counts by day of the whole', path: `/insights/activities/summary?by=day&${source}` },
    page('user of 10,000', 'user', user),
    page('site of 10,000', 'object', site),
    page('user of 10', 'user', quietUser),
    page('the user with the most', 'user', topUser),
    page('the site with the most', 'object', topSite),
    summary('day', 'user of 10,000', user),
    summary('activity', 'user of 10,000', user),
    summary('object', 'user of 10,000', user),
  ];
}

/** Milliseconds from the request to the status `finished`. */
export async function msOfExport(program: Program, { by, format }: ExportQuestion, slice: Slice): Promise<number> {
  const started = performance.now();
  const { jobId } = await program.json<{ jobId: number }>('/insights/exports', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ source: 'microsoft365', [by]: slice.name, format }),
  });
  const { jobStatus, message } = await program.ended(jobId);
  const ms = performance.now() - started;
  if (jobStatus !== 2) throw new Error(message);
  const job = await program.json<{ report: { rows: number } }>(`/insights/job/${jobId}`);
  if (job.report.rows !== slice.rows) throw new Error(`The report has ${job.report.rows} of ${slice.rows} rows.`);
  return ms;
}

export async function msOfLookup(program: Program, { path }: Lookup): Promise<number> {
  const started = performance.now();
  const answer = await program.call(path);
  const text = await answer.text();
  const ms = performance.now() - started;
  if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${text}`);
  return ms;
}

/** The median of some runs, after one that is not counted. */
export async function warm(run: () => Promise<number>, runs: number): Promise<number> {
  await run();
  const times: number[] = [];
  for (let i = 0; i < runs; i++) times.push(await run());
  return median(times);
}

/** Starts the program with nothing of the store in memory. `dropped`: whether the system allowed that. */
export async function startCold(data: string): Promise<{ readonly program: Program; readonly dropped: boolean }> {
  const dropped = dropPageCache();
  return { program: await Program.start({ data }), dropped };
}

/** Linux, and only for root (Documentation/admin-guide/sysctl/vm.rst). */
function dropPageCache(): boolean {
  spawnSync('sync');
  try {
    const file = openSync('/proc/sys/vm/drop_caches', 'w');
    writeSync(file, '1');
    closeSync(file);
    return true;
  } catch {
    return false;
  }
}
