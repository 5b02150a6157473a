import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../domain/failure.ts';
import type { JobKey } from '../domain/ids.ts';
import type { Selection } from '../domain/selection.ts';
import type { Logger } from '../kit/log.ts';
import type { ToServer, ToWorker } from './messages.ts';

export type WorkerParts = {
  readonly log: Logger;
  readonly wake: () => void;
  readonly check: (key: JobKey) => void;
  readonly count: (selection: Selection) => Promise<number>;
  /** Gives back what runs, closes the store. */
  readonly stop: () => Promise<void>;
};

/** Tells the server; nobody there is no error, the disconnect is on its way. */
export function tellServer(message: ToServer): void {
  if (process.connected) process.send?.(message, () => {});
}

/**
 * The second process's life: it owns the engine and does the work. It ends when told to, and at once when its server is
 * gone: whoever starts next must find the store free.
 */
export async function liveAsWorker(parts: WorkerParts): Promise<never> {
  const stopped = Promise.withResolvers<void>();
  process.on('message', (message: ToWorker) => {
    if (message.say === 'wake') parts.wake();
    else if (message.say === 'check') parts.check(message.key);
    else if (message.say === 'count') void answer(parts, message.question, message.selection);
    else stopped.resolve();
  });
  // Not exit(): the engine's threads are at work, and running its destructors under them ends in a core dump.
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  // Ctrl-C reaches the whole process group; it is the server that says when the worker stops.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => stopped.resolve());
  if (!process.connected) process.exit(1);

  tellServer({ say: 'ready' });
  // Other machines' servers hand in work that no message tells of.
  const look = setInterval(() => {
    tellServer({ say: 'alive' });
    parts.wake();
  }, 1000);
  parts.wake();
  await stopped.promise;
  clearInterval(look);
  await parts.stop();
  parts.log.info({}, 'worker_stopped');
  // Lets the last messages out; the engine's own threads would keep the process alive.
  await delay(10);
  process.exit(0);
}

async function answer(parts: WorkerParts, question: number, selection: Selection): Promise<void> {
  try {
    tellServer({ say: 'counted', question, rows: await parts.count(selection) });
  } catch (error) {
    const failure =
      error instanceof Failure ? error : new Failure('internal', 'The rows could not be counted.', { cause: error });
    tellServer({ say: 'not counted', question, code: failure.code, message: failure.message });
  }
}
