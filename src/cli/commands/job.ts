import { type Command, InvalidArgumentError } from 'commander';
import type { JobDocument } from '../../api/job.ts';
import { jobIdFrom } from '../../domain/ids.ts';
import { answer, type Context, exitStatus, type Options, withServiceOptions } from '../command.ts';
import { jobPage } from '../output/job.ts';
import { clientFor } from '../service/client.ts';
import { jobWhenEnded } from '../service/follow.ts';

export function addJob(program: Command, context: Context): void {
  const command = program
    .command('job')
    .description('show everything about a job')
    .argument('<job>', 'the job id', jobArgument)
    .option('--watch', 'wait until it has ended and show its progress');
  withServiceOptions(command).action(async (jobId: number, options: Options & { readonly watch?: boolean }) => {
    const client = await clientFor(context, options);
    const job = options.watch
      ? await jobWhenEnded(client, context.terminal, jobId, `Job ${jobId}`)
      : await client.json<JobDocument>(`/insights/job/${jobId}`);
    answer(context, options, job, jobPage(job));
    if (job.state === 'failed' || job.state === 'cancelled') context.done(exitStatus.jobFailed);
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
