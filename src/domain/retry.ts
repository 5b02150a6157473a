import { type FailureCode, failures } from './failure.ts';

export type AfterAttempt =
  /** `counts`: whether the attempt counts as one of those that a job has. */
  | { readonly do: 'retry'; readonly afterMs: number; readonly counts: boolean }
  | { readonly do: 'give up'; readonly because: 'attempts spent' | 'not worth another' | 'the disk stayed full' };

/** An attempt that failed: how many there were, this one included, and how long ago the first began. */
export type FailedAttempt = { readonly attempt: number; readonly code: FailureCode; readonly sinceFirstMs: number };

/**
 * What follows an attempt that failed. If another one may help, it follows after 0.2 s, 0.4 s … until `attempts` are
 * used up. A full disk is not the job's fault: the job waits, 1 s at first and later 10 s at a time, and the attempt
 * does not count; after `diskFullMs` the job fails. While a part of the installation is away it waits likewise, for as
 * long as that takes.
 */
export function afterFailedAttempt(
  { attempt, code, sinceFirstMs }: FailedAttempt,
  limits: { readonly attempts: number; readonly diskFullMs: number },
): AfterAttempt {
  if (!failures[code].retry) return { do: 'give up', because: 'not worth another' };
  if (code === 'disk_full') {
    if (sinceFirstMs >= limits.diskFullMs) return { do: 'give up', because: 'the disk stayed full' };
    return { do: 'retry', afterMs: waitMsFor(sinceFirstMs), counts: false };
  }
  if (failures[code].away) return { do: 'retry', afterMs: waitMsFor(sinceFirstMs), counts: false };
  if (attempt >= limits.attempts) return { do: 'give up', because: 'attempts spent' };
  return { do: 'retry', afterMs: Math.min(100 * 2 ** attempt, 10_000), counts: true };
}

/** 1 s at first, later a tenth of the time so far, 10 s at most. */
function waitMsFor(sinceFirstMs: number): number {
  return Math.min(Math.max(sinceFirstMs / 10, 1000), 10_000);
}
