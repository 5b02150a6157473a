import { type Command, InvalidArgumentError, Option } from 'commander';
import { jobStates, jobTypes } from '../../domain/job.ts';
import { Client } from '../client.ts';
import { answer, type Context, type Options } from '../command.ts';
import { credentialsFor } from '../credentials.ts';
import { askedOf, type JobView, standingOf } from '../job-text.ts';
import { tableOf } from '../terminal.ts';

type JobsOptions = Options & { readonly state?: string; readonly type?: string; readonly limit: string };

export function addJobs(program: Command, context: Context): void {
  program
    .command('jobs')
    .description('list the newest jobs')
    .addOption(new Option('--state <state>', 'only jobs in this state').choices(jobStates))
    .addOption(new Option('--type <type>', 'only jobs of this type').choices(jobTypes))
    .option('--limit <n>', 'how many at most', countArgument, '20')
    .option('--data <dir>', "the service's data directory, for its credentials (TRAILPORT_DATA; default ./data)")
    .option('--json', 'print one JSON document and nothing else')
    .action(async (options: JobsOptions) => {
      const { env, signal } = context.terminal;
      const client = new Client(await credentialsFor(env, options.data), signal);
      const { state, type, limit } = options;
      const asked = Object.entries({ state, type, limit }).filter(([, value]) => value !== undefined);
      const query = new URLSearchParams(asked as [string, string][]);
      const page = await client.json<{ readonly jobs: readonly JobView[] }>(`/insights/jobs?${query}`);
      answer(context, options, page, page.jobs.length === 0 ? 'No jobs.\n' : table(page.jobs));
    });
}

function table(jobs: readonly JobView[]): string {
  const rows = jobs.map((job) => [
    String(job.jobId),
    job.type,
    job.createdAt.slice(0, 19).replace('T', ' '),
    job.state === 'running' || job.state === 'waiting' ? standingOf(job) : job.state,
    shortened(askedOf(job)),
  ]);
  return tableOf(['Job', 'Type', 'Created (UTC)', 'State', 'Asked for'], rows);
}

/** A page of a job has the rest. */
function shortened(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 30)}…${text.slice(-29)}`;
}

function countArgument(text: string): string {
  if (!/^[1-9][0-9]{0,3}$/.test(text) || Number(text) > 1000)
    throw new InvalidArgumentError('It must be a whole number from 1 to 1000.');
  return text;
}
