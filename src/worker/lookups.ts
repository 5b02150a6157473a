import { Failure } from '../domain/failure.ts';
import type { TenantId } from '../domain/ids.ts';
import { type LookupAnswers, type LookupName, type LookupQuestions, lookupTimeout } from '../domain/lookup.ts';
import type { LookupEnd, ToWorker } from './messages.ts';

export type LookupLimits = {
  readonly countMs: number;
  readonly countsRunning: number;
  readonly countsRunningPerTenant: number;
  readonly countsWaitingPerTenant: number;
};

/** `begin` sends the question to the worker. */
type Lookup = {
  readonly tenant: TenantId;
  readonly begin: () => void;
  readonly answer: PromiseWithResolvers<unknown>;
};

/**
 * The lookups of all clients. Only so many run in the worker at once, in all and of one tenant, and only so many of one
 * tenant wait; tenants take turns. Each has a time limit, and one whose client has left ends in
 * the engine too. A lookup keeps its place until the worker says that it has ended.
 */
export class Lookups {
  readonly #limits: LookupLimits;
  readonly #tell: (message: ToWorker) => void;
  readonly #running = new Map<number, Lookup>();
  /** In the order of arrival. */
  readonly #waiting = new Map<number, Lookup>();
  #last = 0;
  /** When each tenant had its last turn. One with nothing running or waiting is forgotten. */
  readonly #turns = new Map<TenantId, number>();
  #turn = 0;

  constructor(limits: LookupLimits, tell: (message: ToWorker) => void) {
    this.#limits = limits;
    this.#tell = tell;
  }

  /**
   * The answer to a question about a tenant's activities. Throws `too_many_counts` when too many of the tenant wait,
   * `too_busy` after `countMs` of waiting, `count_timeout` after as long at work, or the signal's reason.
   */
  async ask<N extends LookupName>(
    name: N,
    tenant: TenantId,
    question: LookupQuestions[N],
    signal: AbortSignal,
  ): Promise<LookupAnswers[N]> {
    const { countMs: mostMs } = this.#limits;
    signal.throwIfAborted();
    this.#refuseTooMany(tenant);
    const number = ++this.#last;
    const answer = Promise.withResolvers<unknown>();
    const stop = (reason: unknown) => {
      answer.reject(reason);
      if (!this.#waiting.delete(number)) this.#tell({ say: 'stop lookup', number });
    };
    let timer = setTimeout(() => stop(tooBusy()), mostMs);
    const onAbort = () => stop(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    const begin = () => {
      clearTimeout(timer);
      timer = setTimeout(() => stop(lookupTimeout(mostMs)), mostMs);
      this.#tell({ say: 'look up', number, name, question, mostMs });
    };
    this.#waiting.set(number, { tenant, begin, answer });
    this.#beginNext();
    try {
      return (await answer.promise) as LookupAnswers[N];
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Takes what the worker says about a lookup. */
  hear(message: LookupEnd): void {
    const lookup = this.#running.get(message.number);
    this.#running.delete(message.number);
    if (message.say === 'found') lookup?.answer.resolve(message.answer);
    else lookup?.answer.reject(new Failure(message.code, message.message));
    this.#beginNext();
    const others = [...this.#running.values(), ...this.#waiting.values()];
    if (lookup !== undefined && !others.some(({ tenant }) => tenant === lookup.tenant)) {
      this.#turns.delete(lookup.tenant);
    }
  }

  /** The worker is gone: none of these is answered any more. */
  endAll(reason: Failure): void {
    for (const { answer } of [...this.#running.values(), ...this.#waiting.values()]) answer.reject(reason);
    this.#running.clear();
    this.#waiting.clear();
    this.#turns.clear();
  }

  /** Begins lookups while there are places: of the tenant whose turn was the longest ago, in the order of arrival. */
  #beginNext(): void {
    while (this.#running.size < this.#limits.countsRunning) {
      const running = countByTenant(this.#running);
      const ready = [...this.#waiting].filter(
        ([, { tenant }]) => (running.get(tenant) ?? 0) < this.#limits.countsRunningPerTenant,
      );
      const turnOf = ([, { tenant }]: (typeof ready)[number]) => this.#turns.get(tenant) ?? 0;
      const [first, ...others] = ready;
      if (first === undefined) return;
      const [number, lookup] = others.reduce((next, other) => (turnOf(other) < turnOf(next) ? other : next), first);
      this.#waiting.delete(number);
      this.#running.set(number, lookup);
      this.#turns.set(lookup.tenant, ++this.#turn);
      lookup.begin();
    }
  }

  #refuseTooMany(tenant: TenantId): void {
    const { countsRunningPerTenant, countsWaitingPerTenant } = this.#limits;
    const most = countsRunningPerTenant + countsWaitingPerTenant;
    const count = (lookups: Map<number, Lookup>) => countByTenant(lookups).get(tenant) ?? 0;
    if (count(this.#running) + count(this.#waiting) < most) return;
    const message = `${most} lookups of this tenant are running or waiting already; wait for one to end, then try again.`;
    throw new Failure('too_many_counts', message, { facts: { retryAfterSeconds: 1 } });
  }
}

function countByTenant(lookups: Map<number, Lookup>): Map<TenantId, number> {
  const counts = new Map<TenantId, number>();
  for (const { tenant } of lookups.values()) counts.set(tenant, (counts.get(tenant) ?? 0) + 1);
  return counts;
}

function tooBusy(): Failure {
  const message = 'Many lookups are running; try again in a moment.';
  return new Failure('too_busy', message, { facts: { retryAfterSeconds: 1 } });
}
