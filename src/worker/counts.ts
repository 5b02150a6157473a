import { Failure } from '../domain/failure.ts';
import type { TenantId } from '../domain/ids.ts';
import type { Selection } from '../domain/selection.ts';
import type { CountAnswer, ToWorker } from './messages.ts';

export type CountLimits = {
  readonly countMs: number;
  readonly countsRunning: number;
  readonly countsRunningPerTenant: number;
};

type Question = { readonly tenant: TenantId; readonly answer: PromiseWithResolvers<number> };

/**
 * The dry runs that the worker is counting. There are only so many at once, in all and of one tenant; each has a time
 * limit; and a count whose client has left ends in the engine too. A question keeps its place until the
 * worker says that it has ended.
 */
export class Counts {
  readonly #limits: CountLimits;
  readonly #tell: (message: ToWorker) => void;
  readonly #asked = new Map<number, Question>();
  #last = 0;

  constructor(limits: CountLimits, tell: (message: ToWorker) => void) {
    this.#limits = limits;
    this.#tell = tell;
  }

  /**
   * How many rows a selection means now. Throws `too_many_counts`, `too_busy`, `count_timeout`, or the signal's reason.
   */
  async ask(selection: Selection, signal: AbortSignal): Promise<number> {
    const { countMs } = this.#limits;
    this.#mustHavePlaceFor(selection.tenant);
    signal.throwIfAborted();
    const question = ++this.#last;
    const answer = Promise.withResolvers<number>();
    this.#asked.set(question, { tenant: selection.tenant, answer });
    const stop = (reason: unknown) => {
      answer.reject(reason);
      this.#tell({ say: 'stop counting', question });
    };
    const onAbort = () => stop(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    const timer = setTimeout(() => stop(timeout(countMs)), countMs);
    this.#tell({ say: 'count', question, selection, mostMs: countMs });
    try {
      return await answer.promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Takes what the worker says about a question. */
  hear(message: CountAnswer): void {
    const question = this.#asked.get(message.question);
    this.#asked.delete(message.question);
    if (message.say === 'counted') question?.answer.resolve(message.rows);
    else question?.answer.reject(new Failure(message.code, message.message));
  }

  /** The worker is gone: none of these is answered any more. */
  endAll(reason: Failure): void {
    for (const { answer } of this.#asked.values()) answer.reject(reason);
    this.#asked.clear();
  }

  #mustHavePlaceFor(tenant: TenantId): void {
    const { countsRunning, countsRunningPerTenant } = this.#limits;
    const facts = { retryAfterSeconds: 1 };
    const ofTenant = [...this.#asked.values()].filter((question) => question.tenant === tenant).length;
    if (ofTenant >= countsRunningPerTenant) {
      const message = `${ofTenant} dry runs of this tenant are being counted already; wait for one to end, then try again.`;
      throw new Failure('too_many_counts', message, { facts });
    }
    if (this.#asked.size >= countsRunning) {
      throw new Failure('too_busy', 'Many dry runs are being counted; try again in a moment.', { facts });
    }
  }
}

function timeout(countMs: number): Failure {
  const message = `The rows could not be counted within ${countMs / 1000} s; ask for a shorter period, or start the export.`;
  return new Failure('count_timeout', message, { facts: { retryAfterSeconds: 30 } });
}
