import type { Command } from 'commander';
import { Failure } from '../../domain/failure.ts';
import { hasEnded } from '../../domain/job.ts';
import { Client } from '../client.ts';
import { answer, type Context, type Options } from '../command.ts';
import { credentialsFor } from '../credentials.ts';
import type { JobView } from '../job-text.ts';
import { jobArgument } from './job.ts';

export function addCancel(program: Command, context: Context): void {
  program
    .command('cancel')
    .description('cancel a job that waits or runs')
    .argument('<job>', 'the job id', jobArgument)
    .option('--data <dir>', "the service's data directory, for its credentials (TRAILPORT_DATA; default ./data)")
    .option('--json', 'print the job as one JSON document and nothing else')
    .action(async (jobId: number, options: Options) => {
      const { env, signal } = context.terminal;
      const client = new Client(await credentialsFor(env, options.data), signal);
      const path = `/insights/job/${jobId}`;
      const before = await client.json<JobView>(path);
      // The wire's DELETE would remove the report of what has ended, which nobody means by "cancel".
      if (hasEnded(before)) {
        throw new Failure('job_ended', `Job ${jobId} has ended already (${before.state}); there is nothing to cancel.`);
      }
      await (await client.ask(path, { method: 'DELETE' })).body?.cancel();
      const after = await client.json<JobView>(path);
      answer(context, options, after, `Job ${jobId} is cancelled.\n`);
    });
}
