import { once } from 'node:events';
import { type Command, InvalidArgumentError } from 'commander';
import type { ColumnName } from '../../domain/columns.ts';
import { mostPageRows } from '../../domain/page.ts';
import { formatTable } from '../../kit/print.ts';
import { type Context, note, type Options, withServiceOptions } from '../command.ts';
import { type FilterOptions, filtersOf, helpOnTimes, queryOf, withFilterOptions } from '../filters.ts';
import { type Client, clientFor } from '../service/client.ts';
import { widthOf } from '../terminal.ts';
import { columnsArgument } from './export.ts';

type ActivitiesOptions = Options &
  FilterOptions & {
    readonly oldest?: boolean;
    readonly limit: number;
    readonly all?: boolean;
    readonly columns?: readonly ColumnName[];
  };

type ActivityDocument = Readonly<Partial<Record<ColumnName, string>>>;
type Page = { readonly activities: readonly ActivityDocument[]; readonly next: string | null };

export function addActivities(program: Command, context: Context): void {
  const command = program
    .command('activities')
    .description('list activities, newest first')
    .option('--oldest', 'oldest first')
    .option('--limit <n>', 'how many at most', limitArgument, 20)
    .option('--all', 'all, however many')
    .option('--columns <names>', 'columns in their order, separated by commas', columnsArgument)
    .addHelpText('after', helpOnTimes);
  withServiceOptions(withFilterOptions(command)).action(async (options: ActivitiesOptions) => {
    const filters = filtersOf(options, 'trailport activities --help');
    const pages = pagesOf(await clientFor(context, options), filters, options);
    await (options.json ? printJson(context, pages) : printTable(context, options, pages));
  });
}

/** The pages up to the limit. */
async function* pagesOf(
  client: Client,
  filters: ReturnType<typeof filtersOf>,
  { oldest, limit, all, columns }: ActivitiesOptions,
): AsyncGenerator<Page> {
  const members = {
    ...filters,
    order: oldest ? 'oldest' : 'newest',
    ...(columns === undefined ? {} : { columns: columns.join(',') }),
  };
  let left = all ? Number.POSITIVE_INFINITY : limit;
  let after: string | null = null;
  do {
    const more = { limit: String(Math.min(left, mostPageRows)), ...(after === null ? {} : { after }) };
    const page: Page = await client.json<Page>(`/insights/activities?${queryOf({ ...members, ...more })}`);
    yield page;
    left -= page.activities.length;
    after = page.next;
  } while (after !== null && left > 0);
}

/** One document, page by page: all activities may be more than memory holds. */
async function printJson({ terminal }: Context, pages: AsyncIterable<Page>): Promise<void> {
  const { stdout, signal } = terminal;
  let next: string | null = null;
  let separator = '{"activities":[\n';
  for await (const page of pages) {
    const text = page.activities.map((activity) => JSON.stringify(activity)).join(',\n');
    if (text !== '' && !stdout.write(separator + text)) await once(stdout, 'drain', { signal });
    if (text !== '') separator = ',\n';
    next = page.next;
  }
  const begin = separator === ',\n' ? '' : '{"activities":[';
  stdout.write(`${begin}\n],"next":${JSON.stringify(next)}}\n`);
}

/** What a line of the table shows where no columns are asked for; the object stands where there is no item. */
const shown = ['time', 'user', 'activity', 'item', 'service', 'clientIp'] as const satisfies readonly ColumnName[];
const titles: Readonly<Partial<Record<ColumnName, string>>> = { time: 'Time (UTC)', clientIp: 'Client IP' };

async function printTable(context: Context, options: ActivitiesOptions, pages: AsyncIterable<Page>): Promise<void> {
  const { stdout, signal } = context.terminal;
  const columns = options.columns ?? shown;
  const head = columns.map((name) => titles[name] ?? titleOf(name));
  const whole = [...columns.keys()].filter((i) => columns[i] === 'time' || columns[i] === 'clientIp');
  let next: string | null = null;
  let count = 0;
  for await (const page of pages) {
    const lines = page.activities.map((activity) => columns.map((name) => cellOf(activity, name)));
    count += lines.length;
    next = page.next;
    // Each page has its own head: the widths of its columns are its own, too.
    const table = lines.length === 0 ? '' : formatTable([head, ...lines], widthOf(context.terminal), whole);
    if (!stdout.write(table)) await once(stdout, 'drain', { signal });
  }
  if (count === 0) stdout.write('No activities.\n');
  if (next !== null) note(context, options, 'There are more activities: use --limit or --all.');
}

function cellOf(activity: ActivityDocument, name: ColumnName): string {
  const value = activity[name] ?? '';
  if (name === 'time') return value.replace('T', ' ').replace(/(?:\.000)?Z$/, '');
  return name === 'item' && value === '' ? (activity.object ?? '') : value;
}

/** `recordType` as `Record type`. */
function titleOf(name: ColumnName): string {
  const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function limitArgument(text: string): number {
  if (!/^[1-9][0-9]{0,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1 on.');
  return Number(text);
}
