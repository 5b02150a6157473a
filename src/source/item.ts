import type { Activity } from '../domain/activity.ts';

/** What a file holds, in its order: an activity, or something that could not be taken, with its own text. */
export type SourceItem =
  | { readonly kind: 'activity'; readonly line: number; readonly activity: Activity }
  | { readonly kind: 'reject'; readonly line: number; readonly reason: string; readonly record: string };
