import { randomUUID } from 'node:crypto';
import { setPriority } from 'node:os';
import { openApps } from './auth/auth.ts';
import { answersHttp, type Config, isShared, placesIn, works } from './config.ts';
import { Failure } from './domain/failure.ts';
import type { JobEvent } from './domain/figures.ts';
import type { AppId, JobKey } from './domain/ids.ts';
import { type FileRef, type Files, openFiles, removeFiles } from './files/files.ts';
import { uncounted } from './http/parts.ts';
import { pollRoute } from './http/routes/poll-answer.ts';
import { backUpFor } from './installation.ts';
import { Desk, openJournal } from './job/job.ts';
import { Keeping } from './job/keeping.ts';
import { Loop } from './job/loop.ts';
import { Sweeper } from './job/sweeper.ts';
import { attempt, inputOf } from './job/work/work.ts';
import { systemClock } from './kit/clock.ts';
import { answers, openDatabase } from './kit/database.ts';
import { every } from './kit/every.ts';
import { makePrivateDirectory } from './kit/files.ts';
import { type Logger, openLog } from './kit/log.ts';
import { claimDatabase } from './kit/postgres/owner.ts';
import { Metrics } from './metrics/metrics.ts';
import { placeFor, Store } from './store/store.ts';
import { openApi, openFigures } from './system/api.ts';
import { areUsable, holdDirectory, refuseRole, tidyThenAnswer } from './system/place.ts';
import { lookupsIn, openReader } from './system/reader.ts';
import { Supervisor, type SupervisorParts } from './worker/supervisor.ts';
import { endUnstarted, liveAsWorker, tellServer } from './worker/worker.ts';

/** A running service. Disposing it stops the worker, then the rest, in the reverse order of their making. */
export type Server = AsyncDisposable & {
  /** The address that clients use; null where this process has a worker alone. */
  readonly url: string | null;
};

/** Builds and starts what the role says: the API, a worker with its supervisor, or both; and what every role does. */
export async function openServer(config: Config): Promise<Server> {
  await using stack = new AsyncDisposableStack();
  refuseRole(config);
  const { limits } = config;
  const clock = systemClock;
  const log = openLog(config.logLevel, 'server');
  const places = placesIn(config.data);
  const held = stack.use(await holdDirectory(config, places));
  const database = stack.use(openDatabase(config.databaseUrl, places.database, limits.sqliteBusyMs));
  if (database.kind === 'postgres' && !(isShared(config) && config.bucket !== null)) {
    await claimDatabase(database.postgres, places.identity);
  }
  const journal = stack.use(await openJournal(database));
  const files = await openFiles(places, config.bucket);
  const desk = new Desk(journal, clock, limits, (refs) => void discard(files, refs, log));
  const sweepFailed = (err: unknown) => log.error({ err }, 'sweep_failed');
  // A job database that is busy or full is swept again the next time.
  const sweep = (ms: number, work: () => unknown) => stack.use(every(ms, work, sweepFailed));
  let metrics: Metrics | null = null;
  const onEvent = (event: JobEvent) => metrics?.count(event);
  desk.onEvent(onEvent);
  const sweeper = new Sweeper({ journal, desk, files, clock, log, onEvent, limits });

  let supervisor: Supervisor | null = null;
  if (works(config)) {
    // Where this process alone holds the data directory, whatever another worker held here, that worker is gone.
    if (!isShared(config)) await sweeper.releaseLeasesOf(() => true);
    const directory = await makePrivateDirectory(places.store);
    const onGone = (holder: string) => void sweeper.releaseLeasesOf((other) => other === holder).catch(sweepFailed);
    supervisor = supervisorFor(config, {
      log,
      clock,
      directory,
      onEvent,
      onGone,
      onChanged: (key) => desk.changed(key),
    });
    desk.onWork(() => supervisor?.tell({ say: 'wake' }));
    desk.onCancel((key) => supervisor?.tell({ say: 'check', key }));
  }
  stack.use(await tidyThenAnswer(config, places, held, () => sweeper.files()));

  const health = async () => {
    const state = (isThere: boolean) => (isThere ? 'ready' : 'unreachable');
    const [jobs, reports] = await Promise.all([answers(database), areUsable(places, files)]);
    const worker = supervisor === null ? {} : { worker: supervisor.state };
    const parts = { jobs: state(jobs), ...worker, files: state(reports) };
    return { ready: Object.values(parts).every((part) => part === 'ready'), parts };
  };
  if (config.metricsListen !== null) {
    metrics = new Metrics({ clock, figures: () => journal.figures(), health, pollRoute });
    stack.use(await openFigures({ health, log, config }, metrics, config.metricsListen));
  }
  const parts = { config, database, files, desk, log, clock, sweep, health, credentials: places.credentials };
  const traffic = metrics?.traffic ?? uncounted();
  const reader = supervisor === null && isShared(config) ? stack.use(openReader(config, database)) : null;
  const lookUp = supervisor?.lookUp.bind(supervisor) ?? reader?.lookUp ?? lookUpElsewhere;
  const api = answersHttp(config) ? stack.use(await openApi({ ...parts, traffic, lookUp })) : null;
  sweep(Math.min(1000, limits.leaseMs / 5), () => sweeper.leases());
  sweep(10_000, () => sweeper.reports());
  sweep(60_000, () => sweeper.jobs());
  // Files in a bucket are left over only after a day, so others may write meanwhile.
  if (config.bucket !== null) sweep(3_600_000, () => sweeper.files());
  if (supervisor !== null) {
    supervisor.start();
    stack.defer(() => supervisor?.stop());
  }
  await api?.introduce();
  log.info({ url: api?.url ?? null, port: api?.port ?? null, serves: config.role }, 'server_ready');

  const opened = stack.move();
  return { url: api?.url ?? null, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** A worker that is busy may be late by a few of the signs of life that it gives each second. */
const leastSilentMs = 5000;

/** The worker of this process. Its jobs are durable, so what is said between the two may be lost. */
function supervisorFor(
  { data, limits }: Config,
  parts: Pick<SupervisorParts, 'log' | 'clock' | 'directory' | 'onEvent' | 'onGone' | 'onChanged'>,
): Supervisor {
  const main = new URL('./main.ts', import.meta.url).pathname;
  return new Supervisor({
    ...parts,
    commandFor: (holder) => [process.execPath, main, 'worker', data, holder],
    name: randomUUID(),
    stopMs: limits.stopMs,
    // It says each second that it lives.
    silentMs: Math.max(limits.leaseMs, leastSilentMs),
    lookupLimits: limits,
  });
}

/**
 * Where this process has no worker. The engine of a data directory is open in the worker of another process, which answers
 * its own server alone.
 */
async function lookUpElsewhere(): Promise<never> {
  const message =
    'This process has no way to the activities, so it answers no pages, summaries, counts or dry runs; ask a trailport serve without --role, or start an export.';
  throw new Failure('lookup_elsewhere', message, { facts: { retryAfterSeconds: 60 } });
}

/**
 * The worker leaves the processor to the server where both want it: polls during an export of a million rows then have a
 * p99 of 6 ms instead of 11. Threads that are made later inherit it.
 */
const workerNiceness = 5;

/** Builds the worker's side and runs until it is asked to stop. */
export async function runWorker(config: Config, holder: string): Promise<never> {
  setPriority(workerNiceness);
  const clock = systemClock;
  const log = openLog(config.logLevel, 'worker');
  const places = placesIn(config.data);
  const database = openDatabase(config.databaseUrl, places.database, config.limits.sqliteBusyMs);
  const journal = await openJournal(database);
  const apps = await openApps(database, clock);
  const appName = async (id: AppId) => (await apps.list()).find((app) => app.id === id)?.name ?? null;
  const files = await openFiles(places, config.bucket);
  const progress = (work: string, rows: number, rowsTotal: number) =>
    log.info({ work, rows, rowsTotal }, 'store_upgrading');
  const place = placeFor(config.clickhouseUrl, database, holder, config.limits.leaseMs);
  const store = await Store.open(places.store, { progress, place }).catch((error) => endUnstarted(log, error));
  const { limits } = config;
  const changed = (key: JobKey) => tellServer({ say: 'changed', key });
  const backUp = backUpFor(config, store);
  const loop = new Loop({
    journal,
    clock,
    log,
    holder,
    limits,
    attempt: (job, context) =>
      attempt(job, { store, ...files, journal, limits, clock, appName, changed, backUp }, context),
    changed,
    onEvent: (event) => tellServer({ say: 'happened', event }),
    ended: (job) => discard(files, inputOf(job), log),
  });
  const keeping = new Keeping({ store, journal, clock, log, wake: () => loop.wake() });
  // A ledger or job database that is busy is asked again the next time.
  const sweep = () => keeping.sweep().catch((err) => log.error({ err }, 'sweep_failed'));
  const sweeping = setInterval(sweep, 5000);
  void sweep();
  return liveAsWorker({
    log,
    wake: () => loop.wake(),
    check: (key) => loop.check(key),
    lookups: lookupsIn(async () => store),
    stop: async () => {
      clearInterval(sweeping);
      await loop.stop();
      await store[Symbol.asyncDispose]();
    },
  });
}

/** Removes files that no job needs any more. One that stays is removed when the service starts next. */
async function discard(files: Files, refs: readonly FileRef[], log: Logger): Promise<void> {
  try {
    await removeFiles(files, refs);
  } catch (error) {
    log.error({ err: error }, 'leftover_not_removed');
  }
}
