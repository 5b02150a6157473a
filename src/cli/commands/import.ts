import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Command } from 'commander';
import { Failure } from '../../domain/failure.ts';
import type { ImportResult } from '../../domain/job.ts';
import { Client } from '../client.ts';
import { answer, type Context, failed, type Options, remark } from '../command.ts';
import { credentialsFor } from '../credentials.ts';
import { followed } from '../follow.ts';
import type { JobView } from '../job-text.ts';
import { barFor, counted, sized, type Terminal, tableOf } from '../terminal.ts';
import { saveRejects } from './rejects.ts';

type ImportOptions = Options & { readonly rejects?: string };

/** What became of one file: a job that ended, or why there is none. */
type Outcome = { readonly file: string; readonly job: JobView | null; readonly failure: Told | null };
type Told = { readonly code: string; readonly message: string };

export function addImport(program: Command, context: Context): void {
  program
    .command('import')
    .description('send files of audit records and say what became of them')
    .argument('<file...>', 'JSON, NDJSON or CSV, also gzipped; - is standard input')
    .option('--rejects <file>', 'save the records that were set aside there, one JSON line each')
    .option('--data <dir>', "the service's data directory, for its credentials (TRAILPORT_DATA; default ./data)")
    .option('--json', 'print one JSON document and nothing else')
    .action(async (files: string[], options: ImportOptions) => {
      const { terminal } = context;
      const client = new Client(await credentialsFor(terminal.env, options.data), terminal.signal);
      const outcomes: Outcome[] = [];
      for (const file of files) outcomes.push(await outcomeOf(client, context, options, file));
      if (options.rejects !== undefined) await saveRejects(client, outcomes, options.rejects);
      report(context, options, client, outcomes);
    });
}

async function outcomeOf(client: Client, context: Context, options: Options, file: string): Promise<Outcome> {
  try {
    const started = await sent(client, context.terminal, file);
    const job = await followed(client, context.terminal, started.jobId, basename(file));
    const failure =
      job.state === 'finished'
        ? null
        : (job.failure ?? { code: job.state, message: `The import was ${job.state}; send the file again.` });
    if (failure !== null) remark(context, options, `${file}: ${failure.message}`);
    return { file, job, failure };
  } catch (error) {
    context.terminal.signal.throwIfAborted();
    const { code, message } = failed(error);
    remark(
      context,
      options,
      message.startsWith(`${file} `) || message.startsWith(`${file}:`) ? message : `${file}: ${message}`,
    );
    return { file, job: null, failure: { code, message } };
  }
}

/** Streams a file to the service, which has it on disk when it answers. */
async function sent(client: Client, terminal: Terminal, file: string): Promise<JobView> {
  const bytesTotal = file === '-' ? null : await bytesIn(file);
  const source = file === '-' ? terminal.stdin : createReadStream(file, { highWaterMark: 1 << 18 });
  const name = file === '-' ? 'standard input' : basename(file);
  // Before the body, because a body that streams cannot be sent again after a 401.
  await client.token();
  using bar = barFor(terminal, name);
  let sentBytes = 0;
  const watched = async function* () {
    for await (const chunk of source) {
      sentBytes += chunk.byteLength;
      bar.show(bytesTotal === null ? null : sentBytes / bytesTotal, `${sized(sentBytes)} sent`);
      yield chunk;
    }
  };
  const query = new URLSearchParams({ fileName: name.toWellFormed().slice(0, 255) });
  return client.json<JobView>(`/insights/imports?${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: ReadableStream.from(watched()),
  });
}

async function bytesIn(file: string): Promise<number> {
  const found = await stat(file).catch((cause) => {
    const why = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'does not exist' : 'cannot be read';
    throw new Failure('import_broken', `${file} ${why}; name a file of audit records.`, { cause });
  });
  if (found.isDirectory()) throw new Failure('import_broken', `${file} is a directory; name the files in it.`);
  return found.size;
}

function report(context: Context, options: ImportOptions, client: Client, outcomes: readonly Outcome[]): void {
  const results = outcomes.flatMap(({ job }) => (job?.result ? [job.result] : []));
  const total = totalOf(results);
  const head = ['File', 'Read', 'Added', 'Duplicates', 'Rejected'];
  const rows = outcomes.filter(({ job }) => job?.result).map(({ file, job }) => [file, ...cellsFor(job!.result!)]);
  if (rows.length > 1) rows.push(['Total', ...cellsFor(total)]);
  answer(context, options, { files: outcomes, total }, rows.length === 0 ? '' : tableOf(head, rows));
  for (const { file, job } of outcomes) {
    if (options.rejects !== undefined || (job?.result?.rejected ?? 0) === 0) continue;
    const where = `GET ${client.server}/insights/job/${job!.jobId}/rejects, or import again with --rejects FILE`;
    remark(
      context,
      options,
      `${file}: ${counted(job!.result!.rejected)} of its records set aside; see them with ${where}.`,
    );
  }
  const failures = outcomes.filter(({ failure }) => failure !== null);
  if (failures.length > 0) context.done(failures.some(({ job }) => job === null) ? 1 : 3);
}

function totalOf(results: readonly ImportResult[]) {
  const sum = (name: 'read' | 'added' | 'duplicates' | 'rejected') =>
    results.reduce((total, result) => total + result[name], 0);
  return { read: sum('read'), added: sum('added'), duplicates: sum('duplicates'), rejected: sum('rejected') };
}

function cellsFor(result: Pick<ImportResult, 'read' | 'added' | 'duplicates' | 'rejected'>): string[] {
  return [result.read, result.added, result.duplicates, result.rejected].map(counted);
}
