import { type Command, InvalidArgumentError, Option } from 'commander';
import type { JobDocument } from '../../api/job.ts';
import { type ColumnName, columnNames, languages, reportFormats } from '../../domain/columns.ts';
import { printable } from '../../kit/print.ts';
import { answer, type Context, exitStatus, note, withServiceOptions } from '../command.ts';
import { type FilterOptions, filtersOf, helpOnTimes, nonEmpty, withFilterOptions, zoneArgument } from '../filters.ts';
import { standingOf } from '../output/job.ts';
import { type Client, clientFor } from '../service/client.ts';
import { jobWhenEnded } from '../service/follow.ts';
import { checkOutput, type OutputOptions, saveReport, withOutputOptions } from './download.ts';

type ExportOptions = OutputOptions &
  FilterOptions & {
    readonly format?: string;
    readonly columns?: readonly ColumnName[];
    readonly language?: string;
    readonly timeZone?: string;
  };

const subjects = [
  {
    subject: 'user',
    argument: { name: '<email>', about: 'e-mail or principal name' },
    description: 'what one user did',
  },
  {
    subject: 'object',
    argument: { name: '<path>', about: 'URL of a site, folder or file, or an id' },
    description: 'what was done to an object and everything below it',
  },
  {
    subject: 'tenant',
    argument: null,
    description: 'everything from Microsoft 365, or with --google from Google Workspace',
  },
] as const;
type Subject = (typeof subjects)[number]['subject'];

export function addExport(program: Command, context: Context): void {
  const parent = program.command('export').description('export activities and download the report');
  for (const { subject, argument, description } of subjects) {
    const command = parent.command(subject).description(description);
    if (argument !== null) command.argument(argument.name, argument.about, nonEmpty);
    withFilterOptions(command, subject === 'tenant' ? null : subject)
      .addOption(new Option('--format <format>', 'format of the report').choices(reportFormats))
      .option('--columns <names>', 'columns in their order, separated by commas', columnsArgument)
      .addOption(new Option('--language <language>', 'language of titles and Summary').choices(languages))
      .option('--time-zone <zone>', 'IANA zone of a second time column, such as Europe/Paris', zoneArgument)
      .addHelpText('after', helpOnTimes);
    withServiceOptions(withOutputOptions(command)).action((...given: unknown[]) => {
      const what = argument === null ? null : (given[0] as string);
      const options = given[argument === null ? 0 : 1] as ExportOptions;
      return runExport(context, options, subject, requestFor(subject, what, options));
    });
  }
}

/** The body of `POST /insights/exports`. It holds only what was given; for the rest the service has its defaults. */
function requestFor(subject: Subject, what: string | null, options: ExportOptions): Record<string, unknown> {
  const { format, columns, language, timeZone } = options;
  const filters = filtersOf(options, `trailport export ${subject} --help`);
  const body = { ...filters, ...(what === null ? {} : { [subject]: what }), format, columns, language, timeZone };
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
}

/** Columns on a command line. */
export function columnsArgument(text: string): ColumnName[] {
  const names = text.split(',').map((name) => name.trim());
  const known = names.filter((name): name is ColumnName => (columnNames as readonly string[]).includes(name));
  if (known.length < names.length || new Set(names).size < names.length) {
    throw new InvalidArgumentError(`It must be some of ${columnNames.join(', ')}, each once.`);
  }
  return known;
}

async function runExport(
  context: Context,
  options: ExportOptions,
  subject: Subject,
  request: Record<string, unknown>,
): Promise<void> {
  checkOutput(options, `trailport export ${subject} --help`);
  const client = await clientFor(context, options);
  const body = JSON.stringify(request);
  const headers = { 'content-type': 'application/json' };
  const { jobId } = await client.json<JobDocument>('/insights/exports', { method: 'POST', headers, body });
  const job = await finishedExport(context, options, client, jobId);
  if (job.state === 'finished') {
    await saveReport(context, options, client, job);
    for (const sentence of job.notes ?? []) note(context, options, printable(sentence));
    return;
  }
  answer(context, options, { job, file: null }, '');
  note(context, options, `trailport: Export ${jobId} ${standingOf(job)}${job.failure === null ? '.' : ''}`);
  context.done(exitStatus.jobFailed);
}

async function finishedExport(
  context: Context,
  options: ExportOptions,
  client: Client,
  jobId: number,
): Promise<JobDocument> {
  try {
    return await jobWhenEnded(client, context.terminal, jobId, 'Export');
  } catch (error) {
    // The service does not need anybody to wait for it.
    note(
      context,
      options,
      `The export goes on as job ${jobId}: trailport download ${jobId}, trailport cancel ${jobId}.`,
    );
    throw error;
  }
}
