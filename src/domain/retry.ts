import { type FailureCode, failures } from './failure.ts';

export type AfterAttempt =
  | { readonly do: 'retry'; readonly afterMs: number }
  | { readonly do: 'give up'; readonly because: 'attempts spent' | 'not worth another' };

/** What follows an attempt that failed: another after 0.2 s, 0.4 s …, unless it cannot help or `limit` are spent. */
export function afterFailedAttempt(attempt: number, limit: number, code: FailureCode): AfterAttempt {
  if (!failures[code].retry) return { do: 'give up', because: 'not worth another' };
  if (attempt >= limit) return { do: 'give up', because: 'attempts spent' };
  return { do: 'retry', afterMs: Math.min(100 * 2 ** attempt, 10_000) };
}
