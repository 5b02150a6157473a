import { Failure } from '../domain/failure.ts';
import type { LookupAnswers, LookupHandlers, LookupName, LookupQuestions } from '../domain/lookup.ts';
import type { LookupEnd, ToWorker } from './messages.ts';

/** Answers a lookup, unless the signal aborts; says how it ended in either case. */
export async function answerLookup(
  handlers: LookupHandlers,
  { number, name, question, mostMs }: Extract<ToWorker, { readonly say: 'look up' }>,
  signal: AbortSignal,
): Promise<LookupEnd> {
  // The question is the one of its name.
  const handler = handlers[name] as (
    question: LookupQuestions[LookupName],
    mostMs: number,
    signal: AbortSignal,
  ) => Promise<LookupAnswers[LookupName]>;
  try {
    return { say: 'found', number, answer: await handler(question, mostMs, signal) };
  } catch (error) {
    const failure =
      error instanceof Failure ? error : new Failure('internal', 'The store could not be asked.', { cause: error });
    return { say: 'not found', number, code: failure.code, message: failure.message };
  }
}
