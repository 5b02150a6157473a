import type { ReportFormat } from '../src/domain/columns.ts';
import type { TenantId } from '../src/domain/ids.ts';
import { Store } from '../src/store/store.ts';
import type { Timed } from './children.ts';
import { timedReport } from './reports.ts';

/**
 * Writes one report several times, in a process of its own so that its memory is its own. Arguments: store directory,
 * tenant, format, runs. Answers with a line of JSON.
 */
const [directory, tenant, format, runs] = process.argv.slice(2) as [string, TenantId, ReportFormat, string];
await using store = await Store.open(directory);
const reports = [];
for (let run = 0; run < Number(runs); run++) reports.push(await timedReport(store, directory, tenant, format));
const answer: Timed = {
  rows: reports[0]?.rows ?? 0,
  seconds: reports.map(({ seconds }) => seconds),
  // On Linux in KiB.
  rssBytes: process.resourceUsage().maxRSS * 1024,
};
process.stdout.write(`${JSON.stringify(answer)}\n`);
