import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultColumns, type ReportFormat } from '../src/domain/columns.ts';
import type { AppId, JobId, TenantId } from '../src/domain/ids.ts';
import { writeReport } from '../src/report/report.ts';
import { Store } from '../src/store/store.ts';
import type { Timed } from './children.ts';

/**
 * Writes one report several times from a store, as the worker does, in a process of its own so that its memory is its
 * own. Arguments: store directory, tenant, format, runs. Answers with a line of JSON.
 */
const [directory, tenant, format, runs] = process.argv.slice(2) as [string, TenantId, ReportFormat, string];
await using store = await Store.open(directory);
const path = join(directory, `report-${format}.zip`);
const seconds: number[] = [];
let rows = 0;
let bytes = 0;
for (let run = 0; run < Number(runs); run++) {
  const started = performance.now();
  const period = { fromMs: null, untilMs: null };
  const source = 'microsoft365';
  const snapshot = await store.snapshot({ tenant, source, user: null, object: null, period, eventTypes: [] });
  const file = await open(path, 'wx+');
  const request = {
    source,
    user: null,
    object: null,
    from: null,
    until: null,
    eventTypes: [],
    format,
    columns: defaultColumns,
    language: 'en-US',
    timeZone: null,
  } as const;
  const order = { request, jobId: 1 as JobId, tenant, app: 'bench' as AppId, askedAtMs: Date.now() };
  const follow = { onRows: () => undefined, signal: new AbortController().signal };
  ({ rows, bytes } = await writeReport(order, snapshot, file, follow));
  // The shelf does this before a job may say finished.
  await file.sync();
  await file.close();
  seconds.push((performance.now() - started) / 1000);
  await rm(path);
}
// On Linux in KiB.
const answer: Timed = { rows, bytes, seconds, rssBytes: process.resourceUsage().maxRSS * 1024 };
process.stdout.write(`${JSON.stringify(answer)}\n`);
