import { existsSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type ColumnName, columnNames, languages, reportFormats } from '../../domain/columns.ts';
import { Failure } from '../../domain/failure.ts';
import { periodFromBounds } from '../../domain/period.ts';
import { Client } from '../client.ts';
import { answer, type Context, type Options, remark, UsageError } from '../command.ts';
import { credentialsFor } from '../credentials.ts';
import { alreadyThere, fetchReport } from '../fetch-report.ts';
import { followed } from '../follow.ts';
import { type JobView, standingOf } from '../job-text.ts';
import { counted, sized } from '../terminal.ts';

type ExportOptions = Options & {
  readonly google?: boolean;
  readonly from?: string;
  readonly until?: string;
  readonly event?: readonly string[];
  readonly format?: string;
  readonly columns?: readonly ColumnName[];
  readonly language?: string;
  readonly timeZone?: string;
  readonly output?: string;
  readonly force?: boolean;
};

const times = `
Times are ISO 8601; without a zone they mean UTC, and 2026-11-01 means its first moment. --from is inside and --until
outside, so --from 2026-10-01 --until 2026-11-01 is October, whole, and months tile. Only what is said is filtered.`;

export function addExport(program: Command, context: Context): void {
  const command = program.command('export').description('export activities and download the report');
  const subjects = [
    { subject: 'user', name: '<email>', whose: 'e-mail or principal name', about: 'what one user did' },
    {
      subject: 'object',
      name: '<path>',
      whose: 'URL of a site, folder or file, or an id',
      about: 'what was done to an object and everything below it',
    },
  ] as const;
  for (const { subject, name, whose, about } of subjects) {
    command
      .command(subject)
      .description(about)
      .argument(name, whose, filled)
      .option('--google', 'of Google Workspace instead of Microsoft 365')
      .option('--from <time>', 'from this time on (inside)')
      .option('--until <time>', 'until before this time (outside)')
      .option('--event <name>', 'only activities of this name; may be repeated', (event, all: string[] = []) => [
        ...all,
        filled(event),
      ])
      .addOption(new Option('--format <format>', 'what the report is').choices(reportFormats))
      .option('--columns <names>', 'columns in their order, separated by commas', columnsArgument)
      .addOption(new Option('--language <language>', 'of titles and Summary').choices(languages))
      .option('--time-zone <zone>', 'an IANA zone for a second time column, such as Europe/Paris', filled)
      .option('-o, --output <file>', "where to write the report; - is standard output (default: the report's own name)")
      .option('--force', 'overwrite the file if there is one')
      .option('--data <dir>', "the service's data directory, for its credentials (TRAILPORT_DATA; default ./data)")
      .option('--json', 'print one JSON document and nothing else')
      .addHelpText('after', times)
      .action((what: string, options: ExportOptions) =>
        runExport(context, options, requestFor(subject, what, options)),
      );
  }
}

/** The body of `POST /insights/exports`: only what was said, so that the service's defaults hold for the rest. */
function requestFor(subject: 'user' | 'object', what: string, options: ExportOptions): Record<string, unknown> {
  const { google, from, until, event, format, columns, language, timeZone } = options;
  checkPeriod(from, until);
  const body = {
    source: google ? 'google' : 'microsoft365',
    [subject]: what,
    from,
    until,
    eventTypes: event,
    format,
    columns,
    language,
    timeZone,
  };
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
}

/** A text on a command line: an empty one is an unset variable in somebody's script. */
function filled(text: string): string {
  if (text === '') throw new InvalidArgumentError('It must not be empty.');
  return text;
}

function columnsArgument(text: string): ColumnName[] {
  const names = text.split(',').map((name) => name.trim());
  const known = names.filter((name): name is ColumnName => (columnNames as readonly string[]).includes(name));
  if (known.length < names.length || new Set(names).size < names.length) {
    throw new InvalidArgumentError(`It must be some of ${columnNames.join(', ')}, each once.`);
  }
  return known;
}

/** The service's own rule and sentence, before anything is sent. */
function checkPeriod(from: string | undefined, until: string | undefined): void {
  try {
    periodFromBounds(from ?? null, until ?? null);
  } catch (error) {
    const { message } = error as Failure;
    throw new UsageError(message.replace(/\b(from|until)\b/g, '--$1'), 'See: trailport export user --help');
  }
}

async function runExport(context: Context, options: ExportOptions, request: Record<string, unknown>): Promise<void> {
  const { terminal } = context;
  const { output, force = false } = options;
  if (options.json && output === '-') {
    const message = '--json and -o - both want standard output; name a file with -o.';
    throw new Failure('parameter_invalid', message);
  }
  if (output !== undefined && output !== '-' && !force && existsSync(output)) throw alreadyThere(output);
  const client = new Client(await credentialsFor(terminal.env, options.data), terminal.signal);
  const body = JSON.stringify(request);
  const headers = { 'content-type': 'application/json' };
  const { jobId } = await client.json<JobView>('/insights/exports', { method: 'POST', headers, body });
  const job = await endOf(context, options, client, jobId);
  if (job.state !== 'finished') {
    answer(context, options, { job, file: null }, '');
    remark(context, options, `trailport: The export ${standingOf(job)}${job.failure === null ? '.' : ''}`);
    context.done(3);
    return;
  }
  const saved = await fetchReport(client, terminal, { jobId, output: output ?? null, force, label: 'Download' });
  const told = `${saved.file}: ${counted(job.report?.rows ?? 0)} rows, ${sized(saved.bytes)}, SHA-256 checked.\n`;
  if (output === '-') remark(context, options, told.trimEnd());
  else answer(context, options, { job, file: saved.file }, told);
}

async function endOf(context: Context, options: Options, client: Client, jobId: number): Promise<JobView> {
  try {
    return await followed(client, context.terminal, jobId, 'Export');
  } catch (error) {
    // The service goes on whether or not somebody watches.
    remark(
      context,
      options,
      `The export goes on as job ${jobId}: trailport job ${jobId} --watch, trailport cancel ${jobId}.`,
    );
    throw error;
  }
}
