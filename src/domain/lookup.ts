import { Failure } from './failure.ts';
import type { TenantId } from './ids.ts';
import type { Overview } from './overview.ts';
import type { Page, PageAsk } from './page.ts';
import type { Selection } from './selection.ts';
import type { Summary, SummaryAsk } from './summary.ts';

/** What can be looked up in the store while somebody waits, and what is asked for each. */
export type LookupQuestions = {
  /** How many activities a selection means. */
  readonly count: { readonly selection: Selection };
  readonly page: { readonly selection: Selection; readonly ask: PageAsk };
  readonly summary: { readonly selection: Selection; readonly ask: SummaryAsk };
  readonly overview: { readonly tenant: TenantId };
};

export type LookupAnswers = {
  readonly count: number;
  readonly page: Page;
  readonly summary: Summary;
  readonly overview: Overview;
};

export type LookupName = keyof LookupQuestions;

/** Answers each lookup; ends in the engine too, when the signal aborts or after `mostMs`. */
export type LookupHandlers = {
  readonly [name in LookupName]: (
    question: LookupQuestions[name],
    mostMs: number,
    signal: AbortSignal,
  ) => Promise<LookupAnswers[name]>;
};

/** The store has not answered within the time limit. */
export function lookupTimeout(mostMs: number): Failure {
  const message = `The store did not answer within ${mostMs / 1000} s; ask for a shorter period or for less, or start an export.`;
  return new Failure('count_timeout', message, { facts: { retryAfterSeconds: 30 } });
}
