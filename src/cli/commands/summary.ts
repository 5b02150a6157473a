import { type Command, InvalidArgumentError, Option } from 'commander';
import type { SummaryAnswer } from '../../api/pages.ts';
import { type SummaryKey, summaryKeys } from '../../domain/summary.ts';
import { formatCount, formatTable, textWidth } from '../../kit/print.ts';
import { answer, type Context, type Options, withServiceOptions } from '../command.ts';
import { type FilterOptions, filtersOf, helpOnTimes, queryOf, withFilterOptions, zoneArgument } from '../filters.ts';
import { clientFor } from '../service/client.ts';
import { widthOf } from '../terminal.ts';

type SummaryOptions = Options &
  FilterOptions & { readonly by: SummaryKey; readonly top: string; readonly timeZone?: string };

export function addSummary(program: Command, context: Context): void {
  const command = program
    .command('summary')
    .description('count activities by day, hour, user, activity, service, object or client address')
    .addOption(new Option('--by <key>', 'what to count by').choices(summaryKeys).makeOptionMandatory())
    .option('--top <n>', 'how many to list; the others are one sum', topArgument, '20')
    .option('--time-zone <zone>', 'IANA zone of days and hours, such as Europe/Paris', zoneArgument)
    .addHelpText('after', helpOnTimes);
  withServiceOptions(withFilterOptions(command)).action(async (options: SummaryOptions) => {
    const { by, top, timeZone } = options;
    const members = {
      ...filtersOf(options, 'trailport summary --help'),
      by,
      top,
      ...(timeZone === undefined ? {} : { timeZone }),
    };
    const client = await clientFor(context, options);
    const summary = await client.json<SummaryAnswer>(`/insights/activities/summary?${queryOf(members)}`);
    answer(
      context,
      options,
      summary,
      summary.total === 0 ? 'No activities.\n' : table(summary, widthOf(context.terminal)),
    );
  });
}

const titles: Readonly<Record<SummaryKey, string>> = {
  day: 'Day',
  hour: 'Hour',
  user: 'User',
  activity: 'Activity',
  service: 'Service',
  object: 'Object',
  clientIp: 'Client IP',
};

/** A bar is not longer than this, and not shorter while the table fits. */
const longestBar = 40;
const shortestBar = 10;

/** A line for each key, with a bar in proportion to its count. */
function table({ by, timeZone, rows, others, total }: SummaryAnswer, width: number | null): string {
  const zone = by === 'day' || by === 'hour' ? ` (${timeZone ?? 'UTC'})` : '';
  const lines = rows.map(({ key, count }) => [key === '' ? '(none)' : key, formatCount(count)]);
  if (others > 0) lines.push([by === 'day' || by === 'hour' ? 'Earlier' : 'Others', formatCount(others)]);
  lines.push(['Total', formatCount(total)]);
  const plain = formatTable(
    [[`${titles[by]}${zone}`, 'Activities'], ...lines],
    width === null ? null : width - shortestBar - 2,
  ).split('\n');
  const widest = Math.max(...plain.map(textWidth));
  const room = width === null ? longestBar : Math.min(longestBar, width - widest - 2);
  const most = Math.max(...rows.map(({ count }) => count));
  return plain
    .map((line, i) => {
      // The first line is the head.
      const count = rows[i - 1]?.count;
      if (count === undefined) return line;
      const bar = '█'.repeat(Math.max(1, Math.round((count / most) * room)));
      return `${line}${' '.repeat(widest - textWidth(line))}  ${bar}`;
    })
    .join('\n');
}

function topArgument(text: string): string {
  if (!/^[1-9][0-9]{0,3}$/.test(text) || Number(text) > 1000)
    throw new InvalidArgumentError('It must be a whole number from 1 to 1000.');
  return text;
}
