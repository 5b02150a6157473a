import { existsSync } from 'node:fs';
import { access, constants, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { type Config, configFrom, limits, placesIn } from '../../config.ts';
import { type DatabaseSync, openSqlite } from '../../kit/sqlite.ts';
import { failed } from '../command.ts';
import { credentialsIn } from '../credentials.ts';
import { sized } from '../terminal.ts';
import type { Check } from './check.ts';

/** Below this an import or a large report may not find room. */
const leastFreeBytes = 2 ** 30;
const leastNode = 26;

/** What can be seen on this machine without the service. */
export async function localChecks(env: NodeJS.ProcessEnv, data: string | undefined): Promise<Check[]> {
  const config = settings(env, data);
  if ('advice' in config) return [node(), config];
  const known = { name: 'settings', finding: unknownSettings(env).length === 0 ? 'understood' : '', advice: null };
  const checks = [node(), unknownSettings(env).length === 0 ? known : misspelt(unknownSettings(env))];
  if (!existsSync(config.data)) return [...checks, noDirectory(config.data, env)];
  const places = placesIn(config.data);
  return [
    ...checks,
    await directory(config.data),
    await disk(config.data),
    ...database(places.database, config.limits.sqliteBusyMs),
    store(places.store),
    await credentials(places.credentials),
  ];
}

function node(): Check {
  const version = process.versions.node;
  const advice =
    Number.parseInt(version, 10) >= leastNode
      ? null
      : `Start it as bin/trailport, which uses Node ${leastNode} of npm ci.`;
  return { name: 'Node', finding: version, advice };
}

function settings(env: NodeJS.ProcessEnv, data: string | undefined): Config | Check {
  try {
    return configFrom({ data }, env);
  } catch (error) {
    return { name: 'settings', finding: failed(error).message, advice: 'Correct the named setting.' };
  }
}

/** Names that begin like ours and are not: a limit that somebody believes to be set. */
function unknownSettings(env: NodeJS.ProcessEnv): string[] {
  const own = 'DATA HOST PORT PUBLIC_URL LOG SERVER CLIENT_ID CLIENT_SECRET'.split(' ');
  const known = new Set([...own.map((name) => `TRAILPORT_${name}`), ...Object.values(limits).map(({ env }) => env)]);
  return Object.keys(env).filter((name) => name.startsWith('TRAILPORT_') && !known.has(name));
}

function misspelt(names: readonly string[]): Check {
  const finding = `${names.join(', ')} ${names.length === 1 ? 'is no setting' : 'are no settings'}`;
  return { name: 'settings', finding, advice: 'Correct the name or remove it; docs/settings.md has them all.' };
}

function noDirectory(data: string, env: NodeJS.ProcessEnv): Check {
  // A client of a service elsewhere has no data directory and needs none.
  const elsewhere = (env.TRAILPORT_SERVER ?? '') !== '';
  const advice = elsewhere ? null : 'Start the service with trailport serve, or name its directory with --data.';
  return { name: 'data directory', finding: `none at ${data}`, advice };
}

async function directory(data: string): Promise<Check> {
  const { mode } = await stat(data);
  const rights = (mode & 0o777).toString(8).padStart(4, '0');
  const check = { name: 'data directory', finding: `${data}, mode ${rights}` };
  const writable = await access(data, constants.R_OK | constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!writable) return { ...check, advice: 'Run as the user that it belongs to, or give it to this one.' };
  return { ...check, advice: (mode & 0o077) === 0 ? null : `Others can read it; run: chmod 700 ${data}` };
}

async function disk(data: string): Promise<Check> {
  const { bavail, bsize } = await statfs(data);
  const free = bavail * bsize;
  const advice =
    free >= leastFreeBytes ? null : `Free space: imports and reports want ${sized(leastFreeBytes)} at least.`;
  return { name: 'disk', finding: `${sized(free)} free`, advice };
}

/** The job database is whole (`PRAGMA quick_check`), and the keys that sign tokens are in it. */
function database(path: string, busyMs: number): Check[] {
  const name = 'job database';
  if (!existsSync(path)) {
    return [{ name, finding: 'not made yet', advice: 'Start the service once with trailport serve.' }];
  }
  const restore = 'Stop the service and restore the data directory from a backup.';
  try {
    const db = openSqlite(path, busyMs);
    try {
      const found = String(db.prepare('PRAGMA quick_check(1)').get()?.quick_check ?? 'unreadable');
      const whole = { name, finding: found === 'ok' ? 'whole' : 'damaged', advice: found === 'ok' ? null : restore };
      return [whole, keys(db)];
    } finally {
      db.close();
    }
  } catch (error) {
    return [{ name, finding: `cannot be opened: ${(error as Error).message}`, advice: restore }];
  }
}

function keys(db: DatabaseSync): Check {
  const found = db.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'signing_key'").get();
  const row = Number(found?.n) === 1 ? db.prepare('SELECT count(*) AS n FROM signing_key').get() : { n: 0 };
  const count = Number(row?.n);
  const advice = count > 0 ? null : 'Start the service once with trailport serve; it makes its keys.';
  return { name: 'signing keys', finding: `${count} in the job database`, advice };
}

/** The store itself is open in the worker, and only there; its marker says that it was made. */
function store(path: string): Check {
  const made = existsSync(join(path, 'made.json'));
  const engine = existsSync(join(path, 'engine'));
  const check = { name: 'store', finding: made && engine ? 'in place' : engine ? 'not finished' : 'not made yet' };
  if (made && !engine) {
    return { ...check, finding: 'gone', advice: 'Stop the service and restore the data directory from a backup.' };
  }
  return { ...check, advice: made ? null : 'Start the service once with trailport serve.' };
}

async function credentials(path: string): Promise<Check> {
  const name = 'credentials';
  if (!existsSync(path)) {
    return {
      name,
      finding: `none at ${path}`,
      advice:
        'Make an app with trailport app add and set TRAILPORT_SERVER, TRAILPORT_CLIENT_ID and TRAILPORT_CLIENT_SECRET.',
    };
  }
  const rights = (await stat(path)).mode & 0o777;
  try {
    await credentialsIn(path);
  } catch (error) {
    return { name, finding: failed(error).message, advice: 'Correct the file, or remove it and add an app.' };
  }
  const advice = (rights & 0o077) === 0 ? null : `Others can read the secret; run: chmod 600 ${path}`;
  return { name, finding: `mode ${rights.toString(8).padStart(4, '0')}`, advice };
}
