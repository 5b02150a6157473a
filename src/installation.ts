import { readFileSync } from 'node:fs';
import { makeBackup, restoreBackup } from './backup/backup.ts';
import type { Programs } from './cli/cli.ts';
import { type Config, placesIn } from './config.ts';
import { Failure } from './domain/failure.ts';
import { prepareCopiedJobs } from './job/job.ts';
import type { WorkParts } from './job/work/work.ts';
import { systemClock } from './kit/clock.ts';
import { openDatabase } from './kit/database.ts';
import { holdExclusively } from './kit/sqlite/sqlite.ts';
import { inspectDirectory, placeFor, Store } from './store/store.ts';

/**
 * How a backup of a data directory is made by the process that has its store open. `onStep` is called after each step, with
 * its name.
 */
export function backUpFor(config: Config, store: Store, onStep?: (step: string) => void): WorkParts['backUp'] {
  const { sqliteBusyMs } = config.limits;
  const { now } = systemClock;
  const parts = {
    store,
    places: placesIn(config.data),
    prepareJobs: (database: string) => prepareCopiedJobs(database, sqliteBusyMs, now()),
    sqliteBusyMs,
    program: versionOfProgram(),
    now,
    ...(onStep === undefined ? {} : { onStep }),
  };
  return async (request, making) => {
    refuseFor(config);
    return await makeBackup(request, parts, making);
  };
}

/** Makes a backup of a data directory that no service uses; throws `cannot_start` when one does. */
export const backUp: Programs['backUp'] = async (config, request, progress, signal) => {
  const places = placesIn(config.data);
  refuseFor(config);
  using _lock = holdExclusively(places.lock, `Another trailport is using ${config.data}; wait for it to end.`);
  await using store = await Store.open(places.store);
  return await backUpFor(config, store)(request, { signal, progress: (done, total) => progress(done / total) });
};

/** What the store of a data directory holds; throws `cannot_start` when a service uses it. */
export const inspect: Programs['inspect'] = async (config, options) => {
  const places = placesIn(config.data);
  using _lock = holdExclusively(places.lock, `Another trailport is using ${config.data}; wait for it to end.`);
  await using database = openDatabase(config.databaseUrl, places.database, config.limits.sqliteBusyMs);
  const place = placeFor(config.clickhouseUrl, database, `doctor-${process.pid}`, config.limits.leaseMs);
  return await inspectDirectory(places.store, place, options);
};

/** Builds a data directory from a backup. */
export const restore: Programs['restore'] = async (config, source, progress, signal) => {
  refuseFor(config);
  const { path, manifest } = await restoreBackup(
    source,
    config.data,
    { places: placesIn(config.data) },
    { signal, progress: (done, total) => progress(done / total) },
  );
  const { madeAt, files, contents } = manifest;
  return { backup: path, madeAt, files: files.length, rows: contents.reduce((sum, { rows }) => sum + rows, 0) };
};

/** What is in a server is no file of the data directory. */
function refuseFor({ databaseUrl, clickhouseUrl, bucket }: Config): void {
  if (bucket !== null) {
    const message =
      'Reports and received files are in object storage (TRAILPORT_FILES_URL), which trailport backup and restore do not copy; see the page on operations for how to copy each part.';
    throw new Failure('backup_impossible', message);
  }
  if (clickhouseUrl !== null) {
    const message =
      "Activities are on a ClickHouse server (TRAILPORT_CLICKHOUSE_URL), which trailport backup and restore do not copy; stop the service, then use the server's BACKUP and copy the data directory.";
    throw new Failure('backup_impossible', message);
  }
  if (databaseUrl === null) return;
  const message =
    'Jobs and apps are in PostgreSQL (TRAILPORT_DATABASE_URL), which trailport backup and restore do not copy; stop the service, then use pg_dump and copy the data directory.';
  throw new Failure('backup_impossible', message);
}

function versionOfProgram(): string {
  const file = new URL('../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
