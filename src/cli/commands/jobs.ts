import { type Command, InvalidArgumentError, Option } from 'commander';
import type { JobDocument } from '../../api/job.ts';
import { jobStates, jobTypes } from '../../domain/job.ts';
import { formatTable, shortenText } from '../../kit/print.ts';
import { answer, type Context, type Options, withServiceOptions } from '../command.ts';
import { standingOf, subjectOf } from '../output/job.ts';
import { clientFor } from '../service/client.ts';

type JobsOptions = Options & { readonly state?: string; readonly type?: string; readonly limit: string };

export function addJobs(program: Command, context: Context): void {
  const command = program
    .command('jobs')
    .description('list jobs, newest first')
    .addOption(new Option('--state <state>', 'only jobs in this state').choices(jobStates))
    .addOption(new Option('--type <type>', 'only jobs of this type').choices(jobTypes))
    .option('--limit <n>', 'how many at most', countArgument, '20');
  withServiceOptions(command).action(async (options: JobsOptions) => {
    const client = await clientFor(context, options);
    const { state, type, limit } = options;
    const given = Object.entries({ state, type, limit }).filter(([, value]) => value !== undefined);
    const query = new URLSearchParams(given as [string, string][]);
    const page = await client.json<{ readonly jobs: readonly JobDocument[] }>(`/insights/jobs?${query}`);
    answer(context, options, page, page.jobs.length === 0 ? 'No jobs.\n' : table(page.jobs));
  });
}

function table(jobs: readonly JobDocument[]): string {
  const lines = jobs.map((job) => [
    String(job.jobId),
    job.type,
    job.createdAt.slice(0, 19).replace('T', ' '),
    job.state === 'running' || job.state === 'waiting' ? standingOf(job) : job.state,
    // `job ID` shows the whole text.
    shortenText(subjectOf(job), 60),
  ]);
  return formatTable([['Job', 'Type', 'Created (UTC)', 'State', 'Subject'], ...lines]);
}

function countArgument(text: string): string {
  if (!/^[1-9][0-9]{0,3}$/.test(text) || Number(text) > 1000)
    throw new InvalidArgumentError('It must be a whole number from 1 to 1000.');
  return text;
}
