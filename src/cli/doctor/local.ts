import { existsSync } from 'node:fs';
import { access, constants, stat, statfs } from 'node:fs/promises';
import { checkKeys } from '../../auth/auth.ts';
import { type Config, configFrom, isSetting, placesIn } from '../../config.ts';
import { type Check, inOrder, restoreBackup, startOnce, toDo } from '../../domain/check.ts';
import { failures } from '../../domain/failure.ts';
import { checkFiles } from '../../files/files.ts';
import { checkJobs } from '../../job/job.ts';
import { type Database, openDatabase } from '../../kit/database.ts';
import { formatBytes } from '../../kit/print.ts';
import { isWhole } from '../../kit/sqlite/sqlite.ts';
import { type Context, failureFrom } from '../command.ts';
import { credentialsIn } from '../service/credentials.ts';
import { storeChecks } from './store.ts';

/** With less than this an import or a large report may not find room. */
const leastFreeBytes = 2 ** 30;
const leastNode = 26;

export type DoctorOptions = { readonly data?: string; readonly thorough?: boolean };

/** What can be checked on this machine without the service. */
export async function localChecks(context: Context, { data, thorough = false }: DoctorOptions): Promise<Check[]> {
  const { env } = context.terminal;
  const config = settings(env, data);
  if ('state' in config) return [nodeVersion(), config];
  const checks = [nodeVersion(), unknownSettings(env)];
  if (!existsSync(config.data)) return [...checks, noDirectory(config.data, env)];
  const places = placesIn(config.data);
  return [
    ...checks,
    await directory(config.data),
    await disk(config.data),
    ...(await databaseChecks(config)),
    ...(await checkFiles(places, config.bucket)),
    ...(await storeChecks(context, config, thorough)),
    await credentials(places.credentials),
  ];
}

function nodeVersion(): Check {
  const version = process.versions.node;
  if (Number.parseInt(version, 10) >= leastNode) return inOrder('Node', version);
  return toDo('Node', version, `Start the program as bin/trailport, which uses the Node ${leastNode} of npm ci.`);
}

function settings(env: NodeJS.ProcessEnv, data: string | undefined): Config | Check {
  try {
    return configFrom({ data }, env);
  } catch (error) {
    return toDo('settings', failureFrom(error).message, 'Correct the named setting.');
  }
}

/** Names that begin with TRAILPORT_ and are no settings: probably a limit that somebody believes to be set. */
function unknownSettings(env: NodeJS.ProcessEnv): Check {
  const names = Object.keys(env).filter((name) => name.startsWith('TRAILPORT_') && !isSetting(name));
  if (names.length === 0) return inOrder('settings', 'understood');
  const finding = `${names.join(', ')} ${names.length === 1 ? 'is not a setting' : 'are not settings'}`;
  return toDo('settings', finding, 'Correct the name or remove it; docs/settings.md lists them all.');
}

function noDirectory(data: string, env: NodeJS.ProcessEnv): Check {
  const name = 'data directory';
  // A client of a service on another machine needs none.
  if ((env.TRAILPORT_SERVER ?? '') !== '') return inOrder(name, `none at ${data}, and none is needed for a client`);
  return toDo(name, `none at ${data}`, 'Start the service with trailport serve, or name its directory with --data.');
}

async function directory(data: string): Promise<Check> {
  const name = 'data directory';
  const { mode } = await stat(data);
  const finding = `${data}, mode ${rights(mode)}`;
  const writable = await access(data, constants.R_OK | constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!writable) return toDo(name, finding, 'Run as the user that owns it, or give it to this user.');
  return (mode & 0o077) === 0
    ? inOrder(name, finding)
    : toDo(name, finding, `Other users can read it; run: chmod 700 ${data}`);
}

async function disk(data: string): Promise<Check> {
  const { bavail, bsize } = await statfs(data);
  const finding = `${formatBytes(bavail * bsize)} free`;
  return bavail * bsize >= leastFreeBytes
    ? inOrder('disk', finding)
    : toDo('disk', finding, `Free space: imports and reports need at least ${formatBytes(leastFreeBytes)}.`);
}

/** The job database, and what the rooms that keep their data in it find there. */
async function databaseChecks({ data, databaseUrl, limits }: Config): Promise<Check[]> {
  const name = 'job database';
  const path = placesIn(data).database;
  if (databaseUrl === null && !existsSync(path)) return [toDo(name, 'not made yet', startOnce)];
  try {
    await using database = openDatabase(databaseUrl, path, limits.sqliteBusyMs);
    return [await wholeness(name, database), await checkJobs(database), await checkKeys(database)];
  } catch (error) {
    if (databaseUrl !== null) return [toDo(name, failureFrom(error).message, failures.database_unreachable.advice)];
    return [toDo(name, `cannot be read: ${(error as Error).message}`, restoreBackup)];
  }
}

async function wholeness(name: string, database: Database): Promise<Check> {
  switch (database.kind) {
    case 'sqlite':
      return isWhole(database.db) ? inOrder(name, 'not damaged') : toDo(name, 'damaged', restoreBackup);
    case 'postgres': {
      const [row] = await database.postgres.rows<{ server_version: string }>('SHOW server_version');
      return inOrder(name, `PostgreSQL ${row?.server_version} answers`);
    }
  }
}

async function credentials(path: string): Promise<Check> {
  const name = 'credentials';
  if (!existsSync(path)) {
    const advice =
      'Add an app with trailport app add and set TRAILPORT_SERVER, TRAILPORT_CLIENT_ID and TRAILPORT_CLIENT_SECRET.';
    return toDo(name, `none at ${path}`, advice);
  }
  const { mode } = await stat(path);
  try {
    await credentialsIn(path);
  } catch (error) {
    return toDo(name, failureFrom(error).message, 'Correct the file, or remove it and add an app.');
  }
  return (mode & 0o077) === 0
    ? inOrder(name, `mode ${rights(mode)}`)
    : toDo(name, `mode ${rights(mode)}`, `Other users can read the secret; run: chmod 600 ${path}`);
}

function rights(mode: number): string {
  return (mode & 0o777).toString(8).padStart(4, '0');
}
