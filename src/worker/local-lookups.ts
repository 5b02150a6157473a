import type { TenantId } from '../domain/ids.ts';
import type { LookupAnswers, LookupHandlers, LookupName, LookupQuestions } from '../domain/lookup.ts';
import { answerLookup } from './lookup.ts';
import { type LookupLimits, Lookups } from './lookups.ts';

/** Answers lookups in this process, where it reads the store itself, within the same limits as a worker does. */
export class LocalLookups {
  readonly #lookups: Lookups;

  constructor(handlers: LookupHandlers, limits: LookupLimits) {
    const running = new Map<number, AbortController>();
    this.#lookups = new Lookups(limits, (message) => {
      if (message.say === 'stop lookup') running.get(message.number)?.abort();
      if (message.say !== 'look up') return;
      const call = new AbortController();
      running.set(message.number, call);
      void answerLookup(handlers, message, call.signal).then((end) => {
        running.delete(message.number);
        this.#lookups.hear(end);
      });
    });
  }

  /** As `Lookups.ask`. */
  ask<N extends LookupName>(
    name: N,
    tenant: TenantId,
    question: LookupQuestions[N],
    signal: AbortSignal,
  ): Promise<LookupAnswers[N]> {
    return this.#lookups.ask(name, tenant, question, signal);
  }
}
