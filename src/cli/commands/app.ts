import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { type App, type Apps, openApps } from '../../auth/auth.ts';
import { Failure } from '../../domain/failure.ts';
import { tenantIdFrom } from '../../domain/ids.ts';
import { systemClock } from '../../kit/clock.ts';
import { formatTable } from '../../kit/print.ts';
import { answer, type Context, note, type Options } from '../command.ts';
import { openDataDirectory, withDataOptions } from '../local/data-directory.ts';

type AddOptions = Options & {
  readonly name: string;
  readonly tenant: string;
  readonly certificate?: string;
  readonly endpointAudience?: boolean;
};

export function addApp(program: Command, context: Context): void {
  const app = program
    .command('app')
    .description('register, list and disable apps, in the data directory of the service');

  withDataOptions(app.command('add').description('register a program that may get tokens; its secret is shown once'))
    .requiredOption('--name <name>', 'a name for people')
    .option('--tenant <tenant>', 'the tenant whose activities it may read', 'default')
    .option('--certificate <file>', 'PEM certificate of the key that signs its assertions, instead of a secret')
    .addOption(
      new Option('--endpoint-audience', "accept assertions whose aud is the token endpoint's URL (older clients)"),
    )
    .action(async (options: AddOptions) => {
      const { certificate, name, endpointAudience = false } = options;
      const certificatePem = certificate === undefined ? undefined : await pemIn(certificate);
      const tenant = tenantIdFrom(options.tenant);
      await withApps(context, options, async (apps) => {
        const added = await apps.add({ name, tenant, certificatePem, acceptTokenEndpointAudience: endpointAudience });
        showWithSecret(context, options, added.app, added.secret);
      });
    });
  withDataOptions(app.command('list').description('list the apps')).action((options: Options) =>
    withApps(context, options, async (apps) => {
      const list = await apps.list();
      answer(
        context,
        options,
        { apps: list.map((one) => viewOf(one)) },
        list.length === 0 ? 'No apps.\n' : table(list),
      );
    }),
  );
  withDataOptions(
    app.command('rotate').description('give an app a new secret; the previous one works for one more day'),
  )
    .argument('<id>', 'the client id')
    .action((id: string, options: Options) =>
      withApps(context, options, async (apps) => {
        const rotated = await apps.rotate(id);
        showWithSecret(context, options, rotated.app, rotated.secret);
      }),
    );
  withDataOptions(app.command('disable').description('refuse an app and its tokens from now on'))
    .argument('<id>', 'the client id')
    .action((id: string, options: Options) =>
      withApps(context, options, async (apps) => {
        const disabled = await apps.disable(id);
        answer(context, options, viewOf(disabled), `${disabled.name} (${disabled.id}) is disabled.\n`);
      }),
    );
}

async function withApps(context: Context, options: Options, work: (apps: Apps) => Promise<void>): Promise<void> {
  await using directory = openDataDirectory(context, options);
  await work(await openApps(directory.database, systemClock));
}

function showWithSecret(context: Context, options: Options, app: App, secret: string | null): void {
  const lines = [`App       ${app.name}`, `Tenant    ${app.tenant}`, `Client id ${app.id}`];
  if (secret !== null) lines.push(`Secret    ${secret}`);
  answer(context, options, { ...viewOf(app), clientSecret: secret }, `${lines.join('\n')}\n`);
  if (secret !== null) note(context, options, 'The secret is shown only now and stored only as a hash: keep it.');
}

function viewOf(app: App) {
  const { credential } = app;
  return {
    clientId: app.id,
    name: app.name,
    tenant: app.tenant,
    state: app.disabledAtMs === null ? 'enabled' : 'disabled',
    createdAt: time(app.createdAtMs),
    disabledAt: app.disabledAtMs === null ? null : time(app.disabledAtMs),
    signsInWith: credential.kind,
    certificateSha256: credential.kind === 'certificate' ? credential.sha256 : null,
    certificateUntil: credential.kind === 'certificate' ? time(credential.notAfterMs) : null,
  };
}

function table(apps: readonly App[]): string {
  const rows = apps.map(viewOf).map((app) => {
    const until = app.certificateUntil === null ? '' : ` until ${app.certificateUntil.slice(0, 10)}`;
    return [app.clientId, app.name, app.tenant, app.state, app.signsInWith + until, app.createdAt.slice(0, 10)];
  });
  return formatTable([['Client id', 'Name', 'Tenant', 'State', 'Signs in with', 'Created'], ...rows]);
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}

async function pemIn(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new Failure('parameter_invalid', `--certificate ${path} cannot be read; name a PEM file.`, { cause });
  }
}
