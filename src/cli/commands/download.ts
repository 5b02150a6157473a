import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import type { JobDocument } from '../../api/job.ts';
import { formatBytes, formatCount } from '../../kit/print.ts';
import { answer, type Context, note, type Options, UsageError, withServiceOptions } from '../command.ts';
import { type Client, clientFor } from '../service/client.ts';
import { downloadReport, fileExists } from '../service/download.ts';
import { jobArgument } from './job.ts';

export type OutputOptions = Options & { readonly output?: string; readonly force?: boolean };

export function addDownload(program: Command, context: Context): void {
  const command = program
    .command('download')
    .description('download the report of a finished export; goes on where an interrupted download ended')
    .argument('<job>', 'the job id', jobArgument);
  withServiceOptions(withOutputOptions(command)).action(async (jobId: number, options: OutputOptions) => {
    checkOutput(options, 'trailport download --help');
    const client = await clientFor(context, options);
    await saveReport(context, options, client, await client.json<JobDocument>(`/insights/job/${jobId}`));
  });
}

export function withOutputOptions(command: Command): Command {
  return command
    .option('-o, --output <file>', 'where to write the report; - is standard output (default: the name of the report)')
    .option('--force', 'replace the file if it exists');
}

/** Refuses what cannot be written before anything is asked of the service. */
export function checkOutput({ json, output, force = false }: OutputOptions, help: string): void {
  if (json && output === '-') {
    throw new UsageError('--json and -o - both use standard output; name a file with -o.', `See: ${help}`);
  }
  if (output !== undefined && output !== '-' && !force && existsSync(output)) throw fileExists(output);
}

/** Downloads the report of a job and prints where it is. */
export async function saveReport(
  context: Context,
  options: OutputOptions,
  client: Client,
  job: JobDocument,
): Promise<void> {
  const { output = null, force = false } = options;
  const saved = await downloadReport(client, context.terminal, { jobId: job.jobId, output, force });
  const sentence = `${saved.file}: ${formatCount(job.report?.rows ?? 0)} rows, ${formatBytes(saved.bytes)}, SHA-256 checked.`;
  if (output === '-') note(context, options, sentence);
  else answer(context, options, { job, file: saved.file }, `${sentence}\n`);
}
