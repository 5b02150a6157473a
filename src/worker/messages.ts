import type { FailureCode } from '../domain/failure.ts';
import type { JobEvent } from '../domain/figures.ts';
import type { JobKey } from '../domain/ids.ts';
import type { LookupAnswers, LookupName, LookupQuestions } from '../domain/lookup.ts';

/** What the server says to a worker. What must last is in the job database, so a lost message costs a second at most. */
export type ToWorker =
  | { readonly say: 'wake' }
  | { readonly say: 'check'; readonly key: JobKey }
  | {
      readonly say: 'look up';
      readonly number: number;
      readonly name: LookupName;
      readonly question: LookupQuestions[LookupName];
      readonly mostMs: number;
    }
  /** Nobody waits for the answer any more; the worker says when the lookup has ended. */
  | { readonly say: 'stop lookup'; readonly number: number }
  | { readonly say: 'stop' };

/** What a worker says to the server. */
export type ToServer =
  | { readonly say: 'ready' }
  /** It cannot start, such as with a damaged store, and ends. */
  | { readonly say: 'cannot start'; readonly code: FailureCode; readonly message: string }
  /** Sent every second: a worker that sends nothing hangs, and is replaced. */
  | { readonly say: 'alive' }
  | { readonly say: 'changed'; readonly key: JobKey }
  /** Counted by the server, which outlives its workers. */
  | { readonly say: 'happened'; readonly event: JobEvent }
  | LookupEnd;

/** The end of a lookup, one way or the other. */
export type LookupEnd =
  | { readonly say: 'found'; readonly number: number; readonly answer: LookupAnswers[LookupName] }
  | { readonly say: 'not found'; readonly number: number; readonly code: FailureCode; readonly message: string };
