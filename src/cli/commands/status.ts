import type { Command } from 'commander';
import { answer, type Context, exitStatus, type Options, withServiceOptions } from '../command.ts';
import { clientFor } from '../service/client.ts';
import { jobArgument } from './job.ts';

/** The status document of the wire (1.3), unchanged. */
type StatusDocument = { readonly jobStatus: 1 | 2 | 3; readonly status: number; readonly message: string };

export function addStatus(program: Command, context: Context): void {
  const command = program
    .command('status')
    .description("print the wire's status document: jobStatus 1 in progress, 2 finished, 3 failed or cancelled")
    .argument('<job>', 'the job id', jobArgument);
  withServiceOptions(command, 'the same document on several lines').action(async (jobId: number, options: Options) => {
    const client = await clientFor(context, options);
    const document = await client.json<StatusDocument>(`/insights/job/${jobId}/exportstatus`);
    answer(context, options, document, `${JSON.stringify(document)}\n`);
    if (document.jobStatus === 3) context.done(exitStatus.jobFailed);
  });
}
