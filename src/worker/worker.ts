import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../domain/failure.ts';
import type { JobKey } from '../domain/ids.ts';
import type { LookupHandlers } from '../domain/lookup.ts';
import type { Logger } from '../kit/log.ts';
import { answerLookup } from './lookup.ts';
import type { ToServer, ToWorker } from './messages.ts';

export type WorkerParts = {
  readonly log: Logger;
  readonly wake: () => void;
  readonly check: (key: JobKey) => void;
  readonly lookups: LookupHandlers;
  /** Gives back what runs, closes the store. */
  readonly stop: () => Promise<void>;
};

/** Sends a message to the server. A server that has ended is not an error: the disconnect event follows. */
export function tellServer(message: ToServer): void {
  if (process.connected) process.send?.(message, () => {});
}

/** Tells the server and the log why the worker cannot start, and ends the process. */
export async function endUnstarted(log: Logger, error: unknown): Promise<never> {
  const { code, message } =
    error instanceof Failure ? error : new Failure('internal', 'The worker met an error of the program at its start.');
  log.fatal({ code, message, err: error instanceof Failure ? undefined : error }, 'worker_cannot_start');
  if (process.connected) {
    await new Promise((sent) => process.send?.({ say: 'cannot start', code, message } satisfies ToServer, sent));
  }
  process.exit(1);
}

/**
 * Runs the worker process, which owns the engine and does the work. It ends when its server asks for it, and at once
 * when its server has ended: the next one to start must find the store free.
 */
export async function liveAsWorker(parts: WorkerParts): Promise<never> {
  const stopped = Promise.withResolvers<void>();
  const lookingUp = new Map<number, AbortController>();
  process.on('message', (message: ToWorker) => {
    if (message.say === 'wake') parts.wake();
    else if (message.say === 'check') parts.check(message.key);
    else if (message.say === 'look up') {
      const call = new AbortController();
      lookingUp.set(message.number, call);
      void answerLookup(parts.lookups, message, call.signal).then((end) => {
        lookingUp.delete(message.number);
        tellServer(end);
      });
    } else if (message.say === 'stop lookup') lookingUp.get(message.number)?.abort();
    else stopped.resolve();
  });
  // Not exit(): the engine's threads are at work, and running its destructors under them ends in a core dump.
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  // Ctrl-C reaches the whole process group; it is the server that says when the worker stops.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => stopped.resolve());
  if (!process.connected) process.exit(1);

  tellServer({ say: 'ready' });
  // Work that another server has added comes without a message.
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
