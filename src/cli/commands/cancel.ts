import type { Command } from 'commander';
import type { JobDocument } from '../../api/job.ts';
import { Failure } from '../../domain/failure.ts';
import { hasEnded } from '../../domain/job.ts';
import { answer, type Context, type Options, withServiceOptions } from '../command.ts';
import { clientFor } from '../service/client.ts';
import { jobArgument } from './job.ts';

export function addCancel(program: Command, context: Context): void {
  const command = program
    .command('cancel')
    .description('cancel a job that waits or runs')
    .argument('<job>', 'the job id', jobArgument);
  withServiceOptions(command).action(async (jobId: number, options: Options) => {
    const client = await clientFor(context, options);
    const path = `/insights/job/${jobId}`;
    const before = await client.json<JobDocument>(path);
    // The wire's DELETE removes the report of a job that has ended, which is not what "cancel" means.
    if (hasEnded(before)) {
      throw new Failure('job_ended', `Job ${jobId} has ended already (${before.state}); there is nothing to cancel.`);
    }
    await (await client.ask(path, { method: 'DELETE' })).body?.cancel();
    const after = await client.json<JobDocument>(path);
    answer(context, options, after, `Job ${jobId} is cancelled.\n`);
  });
}
