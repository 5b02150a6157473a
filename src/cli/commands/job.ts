import { type Command, InvalidArgumentError } from 'commander';
import { jobIdFrom } from '../../domain/ids.ts';
import { Client } from '../client.ts';
import { answer, type Context, type Options } from '../command.ts';
import { credentialsFor } from '../credentials.ts';
import { followed } from '../follow.ts';
import { type JobView, jobPage } from '../job-text.ts';

export function addJob(program: Command, context: Context): void {
  program
    .command('job')
    .description('show a job')
    .argument('<job>', 'the job id', jobArgument)
    .option('--watch', 'wait until it has ended, showing its progress')
    .option('--data <dir>', "the service's data directory, for its credentials (TRAILPORT_DATA; default ./data)")
    .option('--json', 'print one JSON document and nothing else')
    .action(async (jobId: number, options: Options & { readonly watch?: boolean }) => {
      const { terminal } = context;
      const client = new Client(await credentialsFor(terminal.env, options.data), terminal.signal);
      const job = options.watch
        ? await followed(client, terminal, jobId, `Job ${jobId}`)
        : await client.json<JobView>(`/insights/job/${jobId}`);
      answer(context, options, job, jobPage(job));
      if (job.state === 'failed' || job.state === 'cancelled') context.done(3);
    });
}

/** A job id on a command line. */
export function jobArgument(text: string): number {
  try {
    return jobIdFrom(text);
  } catch {
    throw new InvalidArgumentError('It must be a positive integer such as 169.');
  }
}
