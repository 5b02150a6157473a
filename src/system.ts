import { randomUUID } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { setPriority } from 'node:os';
import { openApps, openAuth } from './auth/auth.ts';
import { introduce } from './auth/introduce.ts';
import { type Config, placesIn } from './config.ts';
import { Failure } from './domain/failure.ts';
import type { JobEvent } from './domain/figures.ts';
import type { AppId, JobKey } from './domain/ids.ts';
import { Downloads } from './download/download.ts';
import { type FileRef, type Files, openFiles, removeFiles } from './files/files.ts';
import { openHttp } from './http/http.ts';
import { openOperators } from './http/operators.ts';
import { type Http, uncounted } from './http/parts.ts';
import { ownUrl } from './http/request/target.ts';
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
import { freePort } from './kit/port.ts';
import { claimDatabase } from './kit/postgres/owner.ts';
import { holdExclusively } from './kit/sqlite/sqlite.ts';
import { Metrics } from './metrics/metrics.ts';
import { Store } from './store/store.ts';
import { Supervisor } from './worker/supervisor.ts';
import { endUnstarted, liveAsWorker, tellServer } from './worker/worker.ts';

/** A running service. Disposing it stops the worker, then the rest, in the reverse order of their making. */
export type Server = AsyncDisposable & { readonly url: string };

/** Builds and starts the server's side: HTTP, the job database, the worker's supervisor. */
export async function openServer(given: Config): Promise<Server> {
  await using stack = new AsyncDisposableStack();
  const clock = systemClock;
  const log = openLog(given.logLevel, 'server');
  const places = placesIn(await usableDirectory(given.data));
  if (existsSync(places.restoring)) {
    const message = `A restore into ${given.data} was interrupted; run trailport restore again, or give another --data.`;
    throw new Failure('cannot_start', message);
  }
  stack.use(
    holdExclusively(places.lock, `Another trailport serve is using ${given.data}; stop it, or give another --data.`),
  );
  const config = { ...given, port: given.port === 0 ? await freePort(given.host) : given.port };
  const url =
    config.publicUrl ?? `http://${/^(0\.0\.0\.0|::)$/.test(config.host) ? 'localhost' : config.host}:${config.port}`;

  const database = stack.use(openDatabase(config.databaseUrl, places.database, config.limits.sqliteBusyMs));
  if (database.kind === 'postgres') await claimDatabase(database.postgres, places.identity);
  const journal = stack.use(await openJournal(database));
  const onError = (error: Error) => log.error({ err: error }, 'token_endpoint_failed');
  const auth = await openAuth(database, {
    issuer: url,
    tokenSeconds: config.limits.tokenSeconds,
    signingKeyMs: config.limits.signingKeyMs,
    clock,
    onError,
  });
  const files = await openFiles(places);
  const desk = new Desk(journal, clock, config.limits, (refs) => void discard(files, refs, log));
  const sweepFailed = (err: unknown) => log.error({ err }, 'sweep_failed');
  let metrics: Metrics | null = null;
  const onEvent = (event: JobEvent) => metrics?.count(event);
  desk.onEvent(onEvent);
  const sweeper = new Sweeper({ journal, desk, files, clock, log, onEvent, limits: config.limits });

  // This process holds the data directory, so whatever another worker held here, that worker is gone.
  await sweeper.releaseLeasesOf(() => true);
  await sweeper.files();
  const supervisor = new Supervisor({
    log,
    clock,
    commandFor: (holder) => [
      process.execPath,
      new URL('./main.ts', import.meta.url).pathname,
      'worker',
      config.data,
      holder,
    ],
    directory: await makePrivateDirectory(places.store),
    name: randomUUID(),
    onChanged: (key) => desk.changed(key),
    onEvent,
    onGone: (holder) => void sweeper.releaseLeasesOf((other) => other === holder).catch(sweepFailed),
    stopMs: config.limits.stopMs,
    silentMs: config.limits.leaseMs,
    lookupLimits: config.limits,
  });
  desk.onWork(() => supervisor.tell({ say: 'wake' }));
  desk.onCancel((key) => supervisor.tell({ say: 'check', key }));

  const health = async () => {
    const state = (isThere: boolean) => (isThere ? 'ready' : 'unreachable');
    const [jobs, reports] = await Promise.all([answers(database), areUsable([places.spool, places.reports])]);
    const parts = { jobs: state(jobs), worker: supervisor.state, files: state(reports) };
    return { ready: Object.values(parts).every((part) => part === 'ready'), parts };
  };
  if (config.metricsListen !== null) {
    metrics = new Metrics({ clock, figures: () => journal.figures(), health, pollRoute });
  }
  const lookUp = supervisor.lookUp.bind(supervisor);
  const http = await openHttp({
    auth,
    desk,
    downloads: new Downloads(files.shelf),
    spool: files.spool,
    config: { ...config, publicUrl: url },
    log,
    clock,
    traffic: metrics?.traffic ?? uncounted(),
    health,
    lookUp,
  });
  // A job database that is busy or full is swept again the next time.
  const sweep = (ms: number, work: () => unknown) => stack.use(every(ms, work, sweepFailed));
  sweep(Math.min(1000, config.limits.leaseMs / 5), () => sweeper.leases());
  sweep(10_000, () => sweeper.reports());
  sweep(60_000, () => sweeper.jobs());
  sweep(60_000, () => auth.sweep());
  await listen(http, config, 'give another --host or --port');
  stack.defer(() => http.close());
  if (metrics !== null && config.metricsListen !== null) {
    const figures = { contentType: metrics.contentType, text: () => metrics.text() };
    const operators = await openOperators({ health, log, config }, figures);
    await listen(operators, config.metricsListen, 'give another TRAILPORT_METRICS_LISTEN');
    stack.defer(() => operators.close());
    log.info({ url: ownUrl(operators, null) }, 'metrics_ready');
  }
  supervisor.start();
  stack.defer(() => supervisor.stop());
  await introduce(places.credentials, url, auth.apps);
  log.info({ url }, 'server_ready');

  const opened = stack.move();
  return { url, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

async function listen(app: Http, { host, port }: { host: string; port: number }, otherwise: string): Promise<void> {
  await app.listen({ host, port }).catch((cause: NodeJS.ErrnoException) => {
    const message = `${host}:${port} cannot be listened at (${cause.code}); stop what uses it, or ${otherwise}.`;
    throw new Failure('cannot_start', message, { cause });
  });
}

/** Whether files can be made in these directories. */
function areUsable(directories: readonly string[]): Promise<boolean> {
  const looks = directories.map((directory) => access(directory, constants.W_OK | constants.X_OK));
  return Promise.all(looks).then(
    () => true,
    () => false,
  );
}

/** The data directory, made if it is not there; throws `cannot_start` when nothing can be written in it. */
async function usableDirectory(data: string): Promise<string> {
  try {
    await makePrivateDirectory(data);
    await access(data, constants.W_OK | constants.X_OK);
    return data;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const message = `The data directory ${data} cannot be written (${code}); give it to this user, or name another with --data.`;
    throw new Failure('cannot_start', message, { cause });
  }
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
  const files = await openFiles(places);
  const progress = (work: string, rows: number, rowsTotal: number) =>
    log.info({ work, rows, rowsTotal }, 'store_upgrading');
  const store = await Store.open(places.store, { progress }).catch((error) => endUnstarted(log, error));
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
    lookups: {
      count: ({ selection }, mostMs, signal) => store.count(selection, mostMs, signal),
      page: ({ selection, ask }, mostMs, signal) => store.page(selection, ask, mostMs, signal),
      summary: ({ selection, ask }, mostMs, signal) => store.summary(selection, ask, mostMs, signal),
      overview: ({ tenant }, mostMs, signal) => store.overview(tenant, mostMs, signal),
    },
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
