import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { type Config, placesIn } from '../../config.ts';
import { type Check, notChecked, toDo } from '../../domain/check.ts';
import { installation } from '../../domain/ids.ts';
import { type CheckRequest, hasEnded } from '../../domain/job.ts';
import { countAddedSince, type Desk, deskOn } from '../../job/job.ts';
import { systemClock } from '../../kit/clock.ts';
import { openDatabase } from '../../kit/database.ts';
import { isHeld } from '../../kit/sqlite/sqlite.ts';
import { checkStore } from '../../store/store.ts';
import { type Context, failureFrom } from '../command.ts';

/** A worker that is able to work takes up a job within a second. */
const takenUpMs = 10_000;

const monthMs = 30 * 86_400_000;

/**
 * What the store holds. The worker of a running service reads it, by a job of the installation; without a service it is
 * read here.
 */
export async function storeChecks(context: Context, config: Config, thorough: boolean): Promise<readonly Check[]> {
  const places = placesIn(config.data);
  const { signal } = context.terminal;
  const made = config.clickhouseUrl === null ? checkStore(places.store) : null;
  if (made !== null) return [made];
  if (config.databaseUrl === null && !existsSync(places.database)) {
    return [notChecked('store', 'needs the job database')];
  }
  const database = openDatabase(config.databaseUrl, places.database, config.limits.sqliteBusyMs);
  try {
    const request = { thorough, monthly: await countAddedSince(database, systemClock.now() - monthMs) };
    if (!isHeld(places.lock)) return await context.programs.inspect(config, { ...request, signal });
    await using desk = await deskOn(database, systemClock, config.limits);
    return await byService(desk, request, signal);
  } catch (error) {
    signal.throwIfAborted();
    return [notChecked('store', failureFrom(error).message)];
  } finally {
    await database[Symbol.asyncDispose]();
  }
}

async function byService(desk: Desk, request: CheckRequest, signal: AbortSignal): Promise<readonly Check[]> {
  const { id } = await desk.startOwn({ type: 'check', request });
  const sinceMs = systemClock.monotonic();
  for (;;) {
    const job = await desk.look(installation, id);
    if (job.state === 'finished' && job.outcome.type === 'check') return job.outcome.checks;
    if (job.state === 'failed') return [notChecked('store', job.failure.message)];
    if (hasEnded(job)) return [notChecked('store', 'the check was cancelled')];
    if (job.state === 'waiting' && systemClock.monotonic() - sinceMs > takenUpMs) {
      await desk.cancel(installation, id);
      const finding = 'the worker takes up no work, so its contents were not read';
      return [toDo('store', finding, 'Read the log of the worker; it is starting, or cannot open the store.')];
    }
    await pause(50, undefined, { signal });
  }
}
