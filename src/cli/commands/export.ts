import { type Command, InvalidArgumentError, Option } from 'commander';
import type { JobDocument } from '../../api/job.ts';
import { type ColumnName, columnNames, languages, reportFormats } from '../../domain/columns.ts';
import type { Failure } from '../../domain/failure.ts';
import { periodFromBounds } from '../../domain/period.ts';
import { timeZoneFrom } from '../../domain/time-zone.ts';
import { printable } from '../../kit/print.ts';
import { answer, type Context, exitStatus, note, UsageError, withServiceOptions } from '../command.ts';
import { standingOf } from '../output/job.ts';
import { type Client, clientFor } from '../service/client.ts';
import { jobWhenEnded } from '../service/follow.ts';
import { checkOutput, type OutputOptions, saveReport, withOutputOptions } from './download.ts';

type ExportOptions = OutputOptions & {
  readonly google?: boolean;
  readonly from?: string;
  readonly until?: string;
  /** Milliseconds. */
  readonly last?: number;
  readonly event?: readonly string[];
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

const times = `
Times are ISO 8601. A time without a zone is UTC; 2026-11-01 is the first moment
of that day. The period includes --from and excludes --until:
--from 2026-10-01 --until 2026-11-01 is the whole of October.
--last counts back from now: 30m (minutes), 24h, 7d or 4w.
Without a period the report has the activities of all times.`;

export function addExport(program: Command, context: Context): void {
  const parent = program.command('export').description('export activities and download the report');
  for (const { subject, argument, description } of subjects) {
    const command = parent.command(subject).description(description);
    if (argument !== null) command.argument(argument.name, argument.about, nonEmpty);
    command
      .option('--google', 'from Google Workspace instead of Microsoft 365')
      .option('--from <time>', 'start of the period, included')
      .option('--until <time>', 'end of the period, excluded')
      .addOption(
        new Option('--last <duration>', 'the period up to now, such as 7d')
          .argParser(durationMs)
          .conflicts(['from', 'until']),
      )
      .option('--event <name>', 'only activities of this name; may be repeated', (event, all: string[] = []) => [
        ...all,
        nonEmpty(event),
      ])
      .addOption(new Option('--format <format>', 'format of the report').choices(reportFormats))
      .option('--columns <names>', 'columns in their order, separated by commas', columnsArgument)
      .addOption(new Option('--language <language>', 'language of titles and Summary').choices(languages))
      .option('--time-zone <zone>', 'IANA zone of a second time column, such as Europe/Paris', zoneArgument)
      .addHelpText('after', times);
    withServiceOptions(withOutputOptions(command)).action((...given: unknown[]) => {
      const what = argument === null ? null : (given[0] as string);
      const options = given[argument === null ? 0 : 1] as ExportOptions;
      return runExport(context, options, subject, requestFor(subject, what, options));
    });
  }
}

/** The body of `POST /insights/exports`. It holds only what was given; for the rest the service has its defaults. */
function requestFor(subject: Subject, what: string | null, options: ExportOptions): Record<string, unknown> {
  const { google, event, format, columns, language, timeZone } = options;
  const body = {
    source: google ? 'google' : 'microsoft365',
    ...(what === null ? {} : { [subject]: what }),
    ...periodOf(subject, options),
    eventTypes: event,
    format,
    columns,
    language,
    timeZone,
  };
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
}

function periodOf(subject: Subject, { from, until, last }: ExportOptions): { from?: string; until?: string } {
  if (last !== undefined) {
    const now = Date.now();
    return { from: new Date(now - last).toISOString(), until: new Date(now).toISOString() };
  }
  try {
    // The rule and the sentence of the service, before anything is sent.
    periodFromBounds(from ?? null, until ?? null);
  } catch (error) {
    const { message } = error as Failure;
    throw new UsageError(message.replace(/\b(from|until)\b/g, '--$1'), `See: trailport export ${subject} --help`);
  }
  return { ...(from === undefined ? {} : { from }), ...(until === undefined ? {} : { until }) };
}

/** A text on a command line. An empty one is an unset variable in a script. */
function nonEmpty(text: string): string {
  if (text === '') throw new InvalidArgumentError('It must not be empty.');
  return text;
}

/** The rule of the service, before anything is sent. */
function zoneArgument(text: string): string {
  try {
    return timeZoneFrom('timeZone', text);
  } catch {
    throw new InvalidArgumentError('It must be the name of an IANA time zone such as Europe/Paris or UTC.');
  }
}

const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 } as const;

/** `7d` in milliseconds. */
function durationMs(text: string): number {
  const [, digits = '', unit = ''] = /^([1-9][0-9]{0,4})([mhdw])$/.exec(text.toLowerCase()) ?? [];
  if (digits === '') {
    throw new InvalidArgumentError('It must be a number and m, h, d or w (minutes to weeks), such as 7d.');
  }
  return Number(digits) * unitMs[unit as keyof typeof unitMs];
}

function columnsArgument(text: string): ColumnName[] {
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
