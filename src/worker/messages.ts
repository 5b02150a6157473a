import type { FailureCode } from '../domain/failure.ts';
import type { JobKey } from '../domain/ids.ts';
import type { Selection } from '../domain/selection.ts';

/** What the server says to a worker. What must last is in the job database, so a lost message costs a second at most. */
export type ToWorker =
  | { readonly say: 'wake' }
  | { readonly say: 'check'; readonly key: JobKey }
  | { readonly say: 'count'; readonly question: number; readonly selection: Selection; readonly mostMs: number }
  /** Nobody waits for the answer any more; the worker says when the question has ended. */
  | { readonly say: 'stop counting'; readonly question: number }
  | { readonly say: 'stop' };

/** What a worker says to the server. */
export type ToServer =
  | { readonly say: 'ready' }
  /** It cannot start, such as with a damaged store, and ends. */
  | { readonly say: 'cannot start'; readonly code: FailureCode; readonly message: string }
  /** Sent every second: a worker that sends nothing hangs, and is replaced. */
  | { readonly say: 'alive' }
  | { readonly say: 'changed'; readonly key: JobKey }
  | CountAnswer;

/** The end of a question, one way or the other. */
export type CountAnswer =
  | { readonly say: 'counted'; readonly question: number; readonly rows: number }
  | { readonly say: 'not counted'; readonly question: number; readonly code: FailureCode; readonly message: string };
