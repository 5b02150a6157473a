import { createReadStream } from 'node:fs';
import { open, rm, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Command } from 'commander';
import { importResultOf, type JobDocument } from '../../api/job.ts';
import { Failure, type FailureCode } from '../../domain/failure.ts';
import { formatBytes, formatCount, printable } from '../../kit/print.ts';
import { answer, type Context, exitStatus, failureFrom, note, type Options, withServiceOptions } from '../command.ts';
import { importTable, sumOf } from '../output/job.ts';
import { barFor } from '../output/progress.ts';
import { type Client, clientFor } from '../service/client.ts';
import { jobWhenEnded } from '../service/follow.ts';
import type { Terminal } from '../terminal.ts';
import { rejectsOf } from './rejects.ts';

type ImportOptions = Options & {
  readonly rejects?: string;
  readonly allowRejects?: boolean;
  readonly allowForgotten?: boolean;
};

/** What became of one file: a job that ended, or why there is none. */
type Outcome = {
  readonly file: string;
  readonly job: JobDocument | null;
  readonly failure: { readonly code: string; readonly message: string } | null;
};

const statuses = `
Exit status: 0 every record was read, 1 a file could not be sent, 3 an import
failed, 4 all imports are done but records were rejected (0 with
--allow-rejects). So trailport import FILE && rm FILE deletes nothing needed.`;

export function addImport(program: Command, context: Context): void {
  const command = program
    .command('import')
    .description('send files of audit records and print what became of them')
    .argument('<file...>', 'JSON, NDJSON or CSV, also gzipped or in a ZIP; - is standard input')
    .option('--allow-rejects', 'end with 0 although records were rejected')
    .option('--allow-forgotten', 'store records again that were erased before')
    .option('--rejects <file>', 'save the rejected records there, one JSON line each')
    .addHelpText('after', statuses);
  withServiceOptions(command).action(async (files: string[], options: ImportOptions) => {
    const client = await clientFor(context, options);
    const outcomes: Outcome[] = [];
    for (const file of files) outcomes.push(await outcomeOf(client, context, options, file));
    if (options.rejects !== undefined) await saveRejects(client, outcomes, options.rejects);
    print(context, options, outcomes);
  });
}

async function outcomeOf(client: Client, context: Context, options: ImportOptions, file: string): Promise<Outcome> {
  let jobId: number | null = null;
  try {
    ({ jobId } = await send(client, context.terminal, file, options.allowForgotten ?? false));
    const job = await jobWhenEnded(client, context.terminal, jobId, basename(file));
    const failure = job.state === 'finished' ? null : (job.failure ?? cancelled(job));
    if (failure !== null) note(context, options, `${printable(file)}: ${failure.message}`);
    return { file, job, failure };
  } catch (error) {
    // The service has the whole file and does not need anybody to wait for it.
    if (jobId !== null) note(context, options, `The import goes on as job ${jobId}: trailport job ${jobId} --watch.`);
    context.terminal.signal.throwIfAborted();
    const { code, message } = failureFrom(error);
    const named = message.startsWith(`${file} `) || message.startsWith(`${file}:`);
    note(context, options, printable(named ? message : `${file}: ${message}`));
    return { file, job: null, failure: { code, message } };
  }
}

function cancelled(job: JobDocument): { readonly code: FailureCode; readonly message: string } {
  return { code: 'job_cancelled', message: `The import was ${job.state}; send the file again.` };
}

/** Streams a file to the service, which has it on disk when it answers. */
async function send(client: Client, terminal: Terminal, file: string, allowForgotten: boolean): Promise<JobDocument> {
  const bytesTotal = file === '-' ? null : await bytesIn(file);
  const source = file === '-' ? terminal.stdin : createReadStream(file, { highWaterMark: 1 << 18 });
  const name = file === '-' ? 'standard input' : basename(file);
  // Before the body, because a streamed body cannot be sent again after a 401.
  await client.token();
  using bar = barFor(terminal, name);
  let sentBytes = 0;
  const watched = async function* () {
    for await (const chunk of source) {
      sentBytes += chunk.byteLength;
      const total = bytesTotal === null ? '' : ` of ${formatBytes(bytesTotal)}`;
      bar.show(bytesTotal === null ? null : sentBytes / bytesTotal, `${formatBytes(sentBytes)}${total} sent`);
      yield chunk;
    }
  };
  const query = new URLSearchParams({ fileName: name.toWellFormed().slice(0, 255) });
  if (allowForgotten) query.set('allowForgotten', 'true');
  return client.json<JobDocument>(`/insights/imports?${query}`, {
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

function print(context: Context, options: ImportOptions, outcomes: readonly Outcome[]): void {
  const { rejects, allowRejects = false } = options;
  const done = outcomes.flatMap(({ file, job }) => {
    const result = job === null ? null : importResultOf(job);
    return job === null || result === null ? [] : [{ file, jobId: job.jobId, result }];
  });
  const total = sumOf(done.map(({ result }) => result));
  answer(context, options, { files: outcomes, total }, done.length === 0 ? '' : importTable(done));
  for (const { file, jobId, result } of done) {
    for (const sentence of result.assumed) note(context, options, printable(`${file}: ${sentence}`));
    if (result.forgotten > 0) {
      const count = `${formatCount(result.forgotten)} ${result.forgotten === 1 ? 'record was' : 'records were'} not stored`;
      const why = 'erased before, or older than the tenant keeps';
      note(context, options, `${printable(file)}: ${count}: ${why}; see trailport import --help`);
    }
    if (result.rejected === 0 || rejects !== undefined) continue;
    const count = `${formatCount(result.rejected)} ${result.rejected === 1 ? 'record was' : 'records were'} rejected`;
    note(context, options, `${printable(file)}: ${count}; see them with: trailport rejects ${jobId}`);
  }
  if (outcomes.some(({ job }) => job === null)) context.done(exitStatus.failed);
  else if (outcomes.some(({ failure }) => failure !== null)) context.done(exitStatus.jobFailed);
  else if (total.rejected > 0 && !allowRejects) context.done(exitStatus.recordsRejected);
}

/** Writes the records that imports rejected to a new file, one JSON line each; no file when there are none. */
async function saveRejects(client: Client, outcomes: readonly Outcome[], path: string): Promise<void> {
  const jobs = outcomes.flatMap(({ job }) => (job !== null && (importResultOf(job)?.rejected ?? 0) > 0 ? [job] : []));
  if (jobs.length === 0) return;
  const file = await open(path, 'wx', 0o600).catch((cause) => {
    throw new Failure('parameter_invalid', `--rejects ${path} cannot be created; name a new file.`, { cause });
  });
  try {
    for (const { jobId } of jobs) {
      for await (const chunk of (await rejectsOf(client, jobId)) ?? []) await file.writeFile(chunk);
    }
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}
