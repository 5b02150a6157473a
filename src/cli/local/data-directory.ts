import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { openApps } from '../../auth/auth.ts';
import { type Config, configFrom, placesIn } from '../../config.ts';
import { Failure } from '../../domain/failure.ts';
import type { TenantId } from '../../domain/ids.ts';
import { systemClock } from '../../kit/clock.ts';
import { type Database, openDatabase } from '../../kit/database.ts';
import { isHeld } from '../../kit/sqlite/sqlite.ts';
import type { Context, Options } from '../command.ts';

/** A data directory that a command works on; a service may run there at the same time. */
export type DataDirectory = AsyncDisposable & {
  readonly config: Config;
  readonly places: ReturnType<typeof placesIn>;
  /** Jobs and apps. */
  readonly database: Database;
  /** Whether a service runs on it now. */
  isServed(): boolean;
};

/** Throws `settings_invalid` when there is no data directory. */
export function openDataDirectory(context: Context, options: Options): DataDirectory {
  const config = configFrom({ data: options.data }, context.terminal.env);
  const places = placesIn(config.data);
  if (!existsSync(config.databaseUrl === null ? places.database : places.identity)) {
    const message = `There is no data directory of Trailport at ${config.data}; start trailport serve there once, or name another with --data.`;
    throw new Failure('settings_invalid', message);
  }
  const database = openDatabase(config.databaseUrl, places.database, config.limits.sqliteBusyMs);
  return {
    config,
    places,
    database,
    isServed: () => isHeld(places.lock),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

/** The options of every command that works on the data directory. */
export function withDataOptions(command: Command): Command {
  return command
    .option('--data <dir>', 'data directory (TRAILPORT_DATA; default ./data)')
    .option('--json', 'print one JSON document and nothing else');
}

/** A tenant that has an app, as every tenant with activities has; throws `tenant_unknown`, so that a misspelt name is noticed. */
export async function knownTenant({ database }: DataDirectory, tenant: TenantId): Promise<TenantId> {
  const apps = await openApps(database, systemClock);
  const known = await apps.list();
  if (known.some((app) => app.tenant === tenant)) return tenant;
  throw new Failure('tenant_unknown', `There is no tenant ${tenant}: no app belongs to it. See: trailport app list.`);
}
