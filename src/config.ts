import { join, resolve } from 'node:path';
import { bucketFrom } from './config/bucket.ts';
import { clickhouseUrlFrom, databaseUrlFrom } from './config/servers.ts';
import type { BucketPlace } from './domain/bucket.ts';
import { Failure } from './domain/failure.ts';

/** A number that can be set: its environment variable, default, unit and bounds. */
type Limit = {
  readonly env: string;
  readonly value: number;
  readonly unit: string;
  readonly least: number;
  readonly most: number;
};

/** Every limit. `docs/settings.md` is written from this table. */
export const limits = {
  exportsRunningPerTenant: limit('TRAILPORT_EXPORTS_RUNNING', 5, 'jobs', 1, 1000),
  jobsWaitingPerTenant: limit('TRAILPORT_JOBS_WAITING', 1000, 'jobs', 1, 1_000_000),
  exportsRunningPerWorker: limit('TRAILPORT_WORKER_EXPORTS', 8, 'jobs', 1, 64),
  importsRunningPerTenant: limit('TRAILPORT_IMPORTS_RUNNING', 2, 'jobs', 1, 1000),
  importsRunningPerWorker: limit('TRAILPORT_WORKER_IMPORTS', 4, 'jobs', 1, 64),
  attempts: limit('TRAILPORT_ATTEMPTS', 5, 'attempts', 1, 100),
  suspectTurnMs: limit('TRAILPORT_SUSPECT_TURN_MS', 10_000, 'ms', 0, 600_000),
  diskFullMs: limit('TRAILPORT_DISK_FULL_MS', 86_400_000, 'ms', 0, 365 * 86_400_000),
  leaseMs: limit('TRAILPORT_LEASE_MS', 15_000, 'ms', 500, 600_000),
  reportKeptMs: limit('TRAILPORT_REPORT_KEPT_MS', 7 * 86_400_000, 'ms', 1000, 3_650 * 86_400_000),
  importBytes: limit('TRAILPORT_IMPORT_BYTES', 8 * 2 ** 30, 'bytes', 1024, 2 ** 50),
  importInflatedBytes: limit('TRAILPORT_IMPORT_INFLATED_BYTES', 64 * 2 ** 30, 'bytes', 1024, 2 ** 50),
  importEntries: limit('TRAILPORT_IMPORT_ENTRIES', 10_000, 'files', 1, 1_000_000),
  recordBytes: limit('TRAILPORT_RECORD_BYTES', 16 * 2 ** 20, 'bytes', 1024, 256 * 2 ** 20),
  importStallMs: limit('TRAILPORT_IMPORT_STALL_MS', 15_000, 'ms', 1000, 3_600_000),
  connections: limit('TRAILPORT_CONNECTIONS', 4000, 'connections', 1, 1_000_000),
  requestMs: limit('TRAILPORT_REQUEST_MS', 30_000, 'ms', 100, 600_000),
  heldPolls: limit('TRAILPORT_HELD_POLLS', 2000, 'requests', 0, 1_000_000),
  downloads: limit('TRAILPORT_DOWNLOADS', 1000, 'requests', 1, 1_000_000),
  downloadsPerTenant: limit('TRAILPORT_DOWNLOADS_PER_TENANT', 500, 'requests', 1, 1_000_000),
  uploads: limit('TRAILPORT_UPLOADS', 100, 'requests', 1, 1_000_000),
  uploadsPerTenant: limit('TRAILPORT_UPLOADS_PER_TENANT', 50, 'requests', 1, 1_000_000),
  countMs: limit('TRAILPORT_COUNT_MS', 10_000, 'ms', 100, 600_000),
  countsRunning: limit('TRAILPORT_COUNTS_RUNNING', 8, 'lookups', 1, 64),
  countsRunningPerTenant: limit('TRAILPORT_COUNTS_PER_TENANT', 2, 'lookups', 1, 64),
  countsWaitingPerTenant: limit('TRAILPORT_COUNTS_WAITING', 16, 'lookups', 0, 1000),
  jobKeptMs: limit('TRAILPORT_JOB_KEPT_MS', 90 * 86_400_000, 'ms', 1000, 3_650 * 86_400_000),
  tokenSeconds: limit('TRAILPORT_TOKEN_SECONDS', 3600, 's', 1, 86_400),
  signingKeyMs: limit('TRAILPORT_SIGNING_KEY_MS', 30 * 86_400_000, 'ms', 60_000, 3_650 * 86_400_000),
  eraseWaitMs: limit('TRAILPORT_ERASE_WAIT_MS', 600_000, 'ms', 0, 86_400_000),
  sqliteBusyMs: limit('TRAILPORT_SQLITE_BUSY_MS', 10_000, 'ms', 0, 600_000),
  stopMs: limit('TRAILPORT_STOP_MS', 6000, 'ms', 100, 600_000),
} as const satisfies Record<string, Limit>;

/** Settings that are no limits: of the service, then of its clients. */
const otherSettings =
  'DATA ROLE HOST PORT PUBLIC_URL LOG METRICS_LISTEN DATABASE_URL DATABASE_URL_FILE CLICKHOUSE_URL CLICKHOUSE_URL_FILE FILES_URL FILES_ENDPOINT FILES_REGION FILES_ACCESS_KEY_ID FILES_ACCESS_KEY_ID_FILE FILES_SECRET_ACCESS_KEY FILES_SECRET_ACCESS_KEY_FILE SERVER CLIENT_ID CLIENT_SECRET'.split(
    ' ',
  );

/** Whether an environment variable is a setting of Trailport. */
export function isSetting(name: string): boolean {
  return (
    otherSettings.some((own) => name === `TRAILPORT_${own}`) || Object.values(limits).some(({ env }) => env === name)
  );
}

export type Limits = { readonly [name in keyof typeof limits]: number };

export type Config = {
  /** The data directory, absolute. */
  readonly data: string;
  readonly role: Role;
  readonly host: string;
  readonly port: number;
  /** The address that clients use, without trailing slash; the issuer of the tokens. */
  readonly publicUrl: string | null;
  readonly logLevel: string;
  /** Where figures and health are given to those who run the service; null for nowhere. */
  readonly metricsListen: { readonly host: string; readonly port: number } | null;
  /** The bucket of reports and received files, with who asks; null for the data directory. */
  readonly bucket: BucketPlace | null;
  /** The ClickHouse server of activities, with its password; null for the engine in the worker's process. */
  readonly clickhouseUrl: string | null;
  /** The PostgreSQL database of jobs and apps, with its password; null for a SQLite file in the data directory. */
  readonly databaseUrl: string | null;
  readonly limits: Limits;
};

/** What one process does: answers HTTP, has a worker, or both. */
export const roles = ['all', 'http', 'worker'] as const;
export type Role = (typeof roles)[number];

export function answersHttp({ role }: Pick<Config, 'role'>): boolean {
  return role !== 'worker';
}

export function works({ role }: Pick<Config, 'role'>): boolean {
  return role !== 'http';
}

/** Whether activities and jobs are on servers, so that any number of workers may work. */
export function isShared({ clickhouseUrl, databaseUrl }: Pick<Config, 'clickhouseUrl' | 'databaseUrl'>): boolean {
  return clickhouseUrl !== null && databaseUrl !== null;
}

/** Log levels, from everything to nothing. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

type Flags = {
  readonly data?: string | undefined;
  readonly role?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: string | undefined;
};

/** Flags have priority over the environment, and that over defaults. Throws `settings_invalid` with the setting's name. */
export function configFrom(flags: Flags, env: NodeJS.ProcessEnv): Config {
  const port = wholeNumber(
    flags.port === undefined ? 'TRAILPORT_PORT' : '--port',
    flags.port ?? env.TRAILPORT_PORT ?? '8080',
    0,
    65_535,
  );
  return {
    data: directoryFrom(
      flags.data === undefined ? 'TRAILPORT_DATA' : '--data',
      flags.data ?? env.TRAILPORT_DATA ?? './data',
    ),
    role: oneOf(
      flags.role === undefined ? 'TRAILPORT_ROLE' : '--role',
      flags.role ?? env.TRAILPORT_ROLE ?? 'all',
      roles,
    ),
    host: flags.host ?? env.TRAILPORT_HOST ?? '127.0.0.1',
    port,
    publicUrl:
      env.TRAILPORT_PUBLIC_URL === undefined ? null : httpUrl('TRAILPORT_PUBLIC_URL', env.TRAILPORT_PUBLIC_URL),
    logLevel: oneOf('TRAILPORT_LOG', env.TRAILPORT_LOG ?? 'info', logLevels),
    metricsListen: listenerFrom('TRAILPORT_METRICS_LISTEN', env.TRAILPORT_METRICS_LISTEN),
    bucket: bucketFrom(env),
    clickhouseUrl: clickhouseUrlFrom(env),
    databaseUrl: databaseUrlFrom(env),
    limits: limitsFrom(env),
  };
}

/** The files and folders of a data directory. */
export function placesIn(data: string) {
  return {
    database: join(data, 'trailport.sqlite'),
    lock: join(data, 'serve.lock'),
    /** Held together by the processes that answer HTTP, where there may be several. */
    answering: join(data, 'http.lock'),
    credentials: join(data, 'credentials.json'),
    store: join(data, 'store'),
    spool: join(data, 'spool'),
    reports: join(data, 'reports'),
    /** Of a backup that is being made: second names of files, and copies of databases. */
    backing: join(data, 'backing-up'),
    /** The id of the data directory, where its jobs are in a database elsewhere. */
    identity: join(data, 'identity'),
    /** Where a restore builds what it moves into place at its end. */
    restoring: join(data, 'restoring'),
  };
}

/** An empty name is an unset variable in a script, not the current folder. */
function directoryFrom(name: string, text: string): string {
  if (text.trim() === '')
    throw new Failure('settings_invalid', `${name} is empty; name a directory, or leave it out for ./data.`);
  return resolve(text);
}

function limitsFrom(env: NodeJS.ProcessEnv): Limits {
  const values = Object.entries(limits).map(([name, { env: variable, value, least, most }]) => {
    const text = env[variable];
    return [name, text === undefined ? value : wholeNumber(variable, text, least, most)];
  });
  return Object.fromEntries(values) as Limits;
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = /^[0-9]{1,16}$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) {
    throw new Failure('settings_invalid', `${name} must be a whole number from ${least} to ${most}.`);
  }
  return value;
}

/** `HOST:PORT`, with an IPv6 address in brackets. */
function listenerFrom(name: string, text: string | undefined): { readonly host: string; readonly port: number } | null {
  if (text === undefined) return null;
  const [, v6, host = v6, port] = /^(?:\[([0-9A-Fa-f:.]{2,45})\]|([^\s:[\]]{1,255})):([0-9]{1,5})$/.exec(text) ?? [];
  if (host === undefined || Number(port) > 65_535) {
    throw new Failure('settings_invalid', `${name} must be an address and a port, such as 127.0.0.1:9464.`);
  }
  return { host, port: Number(port) };
}

function oneOf<T extends string>(name: string, text: string, values: readonly T[]): T {
  const found = values.find((value) => value === text);
  if (found !== undefined) return found;
  throw new Failure('settings_invalid', `${name} must be one of ${values.join(', ')}.`);
}

function httpUrl(name: string, text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
    throw new Failure(
      'settings_invalid',
      `${name} must be an http or https address such as https://trailport.example.org.`,
    );
  }
  return text.replace(/\/+$/, '');
}

function limit(env: string, value: number, unit: string, least: number, most: number): Limit {
  return { env, value, unit, least, most };
}
