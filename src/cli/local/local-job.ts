import { setTimeout as pause } from 'node:timers/promises';
import { jobDocumentFor } from '../../api/job.ts';
import { Failure } from '../../domain/failure.ts';
import { hasEnded, type Job } from '../../domain/job.ts';
import { type Desk, deskOn } from '../../job/job.ts';
import { systemClock } from '../../kit/clock.ts';
import { standingOf } from '../output/job.ts';
import { barFor } from '../output/progress.ts';
import type { Terminal } from '../terminal.ts';
import type { DataDirectory } from './data-directory.ts';

/** How often the job is looked at; its worker looks for work every second. */
const lookMs = 100;
/** How long a service that has ended is waited for. A restart takes less. */
const patienceMs = 30_000;

/**
 * Puts a job into the queue of a data directory, whose service does it, and waits until it has ended. Throws `not_ready`
 * when no service runs there; the job goes on when the command is interrupted.
 */
export async function runLocalJob(
  directory: DataDirectory,
  terminal: Terminal,
  label: string,
  start: (desk: Desk) => Promise<Job>,
): Promise<Job> {
  const { config, database } = directory;
  if (!directory.isServed()) {
    const message = `No service runs on ${config.data}; start trailport serve there, then run this command again.`;
    throw new Failure('not_ready', message);
  }
  await using desk = await deskOn(database, systemClock, config.limits);
  const { tenant, id } = await start(desk);
  using bar = barFor(terminal, label);
  let servedAtMs = performance.now();
  for (;;) {
    const job = await desk.look(tenant, id);
    if (hasEnded(job)) return job;
    const { percent } = jobDocumentFor(job, systemClock.now()).progress;
    bar.show(percent === null ? null : percent / 100, standingOf(jobDocumentFor(job, systemClock.now())));
    if (directory.isServed()) servedAtMs = performance.now();
    else if (performance.now() - servedAtMs > patienceMs) {
      throw new Failure('not_ready', `The service has ended; job ${id} goes on when trailport serve starts again.`);
    }
    await pause(lookMs, undefined, { signal: terminal.signal });
  }
}
