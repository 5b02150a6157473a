import { type Command, InvalidArgumentError } from 'commander';
import { tenantIdFrom } from '../../domain/ids.ts';
import { formatCount } from '../../kit/print.ts';
import { mostRetentionDays, openRetention } from '../../store/store.ts';
import { answer, type Context, note, type Options } from '../command.ts';
import { knownTenant, openDataDirectory, withDataOptions } from '../local/data-directory.ts';

type RetentionOptions = Options & { readonly tenant: string };

const afterHelp = `
Older activities are erased by the running service, within a minute of a change
and then once a day, as trailport forget erases. A longer retention, or forever,
brings nothing back.`;

export function addRetention(program: Command, context: Context): void {
  withDataOptions(
    program.command('retention').description('show or set for how many days the activities of a tenant are kept'),
  )
    .argument('[days]', 'a number of days, or forever; without it the setting is shown', daysArgument)
    .option('--tenant <tenant>', 'the tenant', 'default')
    .addHelpText('after', afterHelp)
    .action(async (days: number | 'forever' | undefined, options: RetentionOptions) => {
      await using directory = openDataDirectory(context, options);
      const tenant = await knownTenant(directory, tenantIdFrom(options.tenant));
      await using retention = openRetention(directory.places.store, directory.config.limits.sqliteBusyMs);
      if (days !== undefined) await retention.setRetention(tenant, days === 'forever' ? null : days);
      const kept = await retention.retentionOf(tenant);
      answer(context, options, { tenant, days: kept }, `${sentence(tenant, kept)}\n`);
      if (days !== undefined && kept !== null && !directory.isServed()) {
        note(context, options, 'No service runs here; older activities are erased once trailport serve is started.');
      }
    });
}

function sentence(tenant: string, days: number | null): string {
  if (days === null) return `Activities of ${tenant} are kept for ever.`;
  return `Activities of ${tenant} are kept for ${formatCount(days)} ${days === 1 ? 'day' : 'days'}.`;
}

function daysArgument(text: string): number | 'forever' {
  if (text === 'forever') return text;
  const days = /^[0-9]{1,6}$/.test(text) ? Number(text) : 0;
  if (days >= 1 && days <= mostRetentionDays) return days;
  throw new InvalidArgumentError(`It must be forever, or a whole number of days from 1 to ${mostRetentionDays}.`);
}
