import type { Command } from 'commander';
import { importResultOf } from '../../api/job.ts';
import type { StoreAnswer } from '../../api/pages.ts';
import { formatBytes, formatCount, formatTable } from '../../kit/print.ts';
import { answer, type Context, type Options, withServiceOptions } from '../command.ts';
import { countTitle, shownCounts, standingOf, subjectOf } from '../output/job.ts';
import { clientFor } from '../service/client.ts';
import { widthOf } from '../terminal.ts';

export function addStore(program: Command, context: Context): void {
  const command = program.command('store').description('show what is in the store, and the latest imports');
  withServiceOptions(command).action(async (options: Options) => {
    const client = await clientFor(context, options);
    const store = await client.json<StoreAnswer>('/insights/store');
    answer(context, options, store, page(store, widthOf(context.terminal)));
  });
}

const sourceNames = { microsoft365: 'Microsoft 365', google: 'Google Workspace' } as const;
/** Gaps shown of one source; `--json` has more. */
const mostGaps = 10;

function page({ sources, imports }: StoreAnswer, width: number | null): string {
  if (sources.length === 0) return `No activities.\n${importsOf(imports, width)}`;
  const head = ['Source', 'Activities', 'First (UTC)', 'Last (UTC)', 'Newest arrival', 'Records'];
  const lines = sources.map((source) => [
    sourceNames[source.source],
    formatCount(source.rows),
    minuteOf(source.firstActivity),
    minuteOf(source.lastActivity),
    source.newestArrival === null ? '' : minuteOf(source.newestArrival),
    formatBytes(source.bytes),
  ]);
  return formatTable([head, ...lines], width) + sources.map(gapsOf).join('') + importsOf(imports, width);
}

/** Days without any activity: perhaps records that were never imported. */
function gapsOf({ source, missingDays, gaps }: StoreAnswer['sources'][number]): string {
  if (missingDays === 0) return '';
  const days = (number: number) => `${formatCount(number)} ${number === 1 ? 'day' : 'days'}`;
  const listed = gaps
    .slice(-mostGaps)
    .map(({ first, last }) => `  ${first === last ? first : `${first} to ${last}`}\n`);
  const earlier = gaps.length > listed.length ? '  and earlier ones\n' : '';
  return `\n${sourceNames[source]} has ${days(missingDays)} without any activity:\n${listed.join('')}${earlier}`;
}

function importsOf(imports: StoreAnswer['imports'], width: number | null): string {
  if (imports.length === 0) return '';
  const results = imports.map(importResultOf);
  const names = shownCounts(results.filter((result) => result !== null));
  const lines = imports.map((job, i) => [
    String(job.jobId),
    minuteOf(job.createdAt),
    job.state === 'running' || job.state === 'waiting' ? standingOf(job) : job.state,
    ...names.map((name) => formatted(results[i]?.[name])),
    subjectOf(job),
  ]);
  const head = ['Import', 'Sent (UTC)', 'State', ...names.map(countTitle), 'File'];
  return `\n${formatTable([head, ...lines], width)}`;
}

function formatted(count: number | undefined): string {
  return count === undefined ? '' : formatCount(count);
}

function minuteOf(time: string): string {
  return time.slice(0, 16).replace('T', ' ');
}
