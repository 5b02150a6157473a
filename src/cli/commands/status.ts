import type { Command } from 'commander';
import { Client } from '../client.ts';
import { answer, type Context, type Options } from '../command.ts';
import { credentialsFor } from '../credentials.ts';
import { jobArgument } from './job.ts';

/** The status document of the wire, to the letter. */
type StatusDocument = { readonly jobStatus: 1 | 2 | 3; readonly status: number; readonly message: string };

export function addStatus(program: Command, context: Context): void {
  program
    .command('status')
    .description("print the wire's status document: jobStatus 1 in progress, 2 finished, 3 failed")
    .argument('<job>', 'the job id', jobArgument)
    .option('--data <dir>', "the service's data directory, for its credentials (TRAILPORT_DATA; default ./data)")
    .option('--json', 'the same, over several lines')
    .action(async (jobId: number, options: Options) => {
      const { env, signal } = context.terminal;
      const client = new Client(await credentialsFor(env, options.data), signal);
      const document = await client.json<StatusDocument>(`/insights/job/${jobId}/exportstatus`);
      answer(context, options, document, `${JSON.stringify(document)}\n`);
      if (document.jobStatus === 3) context.done(3);
    });
}
