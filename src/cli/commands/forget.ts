import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { Command } from 'commander';
import { jobDocumentFor } from '../../api/job.ts';
import { Failure } from '../../domain/failure.ts';
import { type TenantId, tenantIdFrom } from '../../domain/ids.ts';
import type { EraseRequest } from '../../domain/job.ts';
import { timeFrom } from '../../domain/period.ts';
import { systemClock } from '../../kit/clock.ts';
import { formatCount, printable } from '../../kit/print.ts';
import { answer, type Context, exitStatus, note, type Options } from '../command.ts';
import { knownTenant, openDataDirectory, withDataOptions } from '../local/data-directory.ts';
import { runLocalJob } from '../local/local-job.ts';

type UserOptions = Options & { readonly tenant: string; readonly before?: string };
type TenantOptions = Options & { readonly yes?: boolean };

const afterHelp = `
What is erased is gone from every report, page and count at once, then from the
disk, and does not come back when the same records are imported again, unless
with trailport import --allow-forgotten. Erasing cannot be undone.`;

export function addForget(program: Command, context: Context): void {
  const forget = program
    .command('forget')
    .description('erase activities for good, in the data directory of the service');
  withDataOptions(forget.command('user').description('erase what one user did, in both sources'))
    .argument('<email>', 'e-mail or principal name, in any case')
    .option('--tenant <tenant>', 'the tenant whose user it is', 'default')
    .option('--before <time>', 'only activities before this time (ISO 8601; without a zone it is UTC)')
    .addHelpText('after', afterHelp)
    .action(async (user: string, options: UserOptions) => {
      if (user.trim() === '') throw new Failure('parameter_invalid', 'email is empty; name the user to erase.');
      const before = options.before === undefined ? null : pastTime(options.before);
      const rows = await erase(context, options, options.tenant, { what: 'user', user, before });
      print(context, options, rows, `of ${printable(user)}`);
    });
  withDataOptions(
    forget.command('tenant').description('erase all activities of a tenant; its apps and their keys stay'),
  )
    .argument('<tenant>', 'the name of the tenant')
    .option('--yes', "do not ask for the tenant's name again")
    .addHelpText('after', afterHelp)
    .action(async (tenant: string, options: TenantOptions) => {
      if (!options.yes) await confirm(context, options, tenant);
      const rows = await erase(context, options, tenant, { what: 'tenant' });
      print(context, options, rows, `of the tenant ${tenant}`);
      note(context, options, 'Its apps stay registered: see trailport app list, and trailport app disable.');
    });
}

function pastTime(text: string): string {
  const { ms } = timeFrom('--before', text);
  if (ms <= systemClock.now()) return new Date(ms).toISOString();
  throw new Failure('parameter_invalid', '--before is in the future; leave it out to erase everything up to now.');
}

/** Starts the job and waits until it has ended. */
async function erase(context: Context, options: Options, tenantText: string, request: EraseRequest) {
  await using directory = openDataDirectory(context, options);
  const tenant: TenantId = await knownTenant(directory, tenantIdFrom(tenantText));
  const job = await runLocalJob(directory, context.terminal, 'Erase', (desk) => desk.startErasure(tenant, request));
  return jobDocumentFor(job, systemClock.now());
}

function print(context: Context, options: Options, job: Awaited<ReturnType<typeof erase>>, whose: string): void {
  const { rows } = job.progress;
  const done = `${formatCount(rows)} ${rows === 1 ? 'activity' : 'activities'} ${whose} erased.\n`;
  answer(context, options, job, job.state === 'finished' ? done : '');
  if (job.state === 'finished') return;
  note(context, options, `trailport: ${job.failure?.message ?? `Job ${job.jobId} was ${job.state}.`}`);
  context.done(exitStatus.jobFailed);
}

/** Asks for the name on standard error, so that standard output has the answer alone. */
async function confirm(context: Context, options: Options, tenant: string): Promise<void> {
  const { stdin, stderr, signal } = context.terminal;
  if (!options.json)
    stderr.write(`This erases every activity of the tenant ${printable(tenant)}. Type its name again: `);
  const lines = createInterface({ input: Readable.from(stdin), signal });
  let typed: string | null = null;
  for await (const line of lines) {
    typed = line.trim();
    break;
  }
  if (typed === tenant) return;
  throw new Failure('parameter_invalid', 'The name was not typed again, so nothing was erased; or add --yes.');
}
