import type { Source } from './activity.ts';

/** What a tenant's store holds of one source. Times in ms since 1970, UTC. */
export type SourceOverview = {
  readonly source: Source;
  readonly rows: number;
  /** The length of the original records together, as they are before compression. */
  readonly bytes: number;
  readonly firstMs: number;
  readonly lastMs: number;
  /** When the newest arrival was committed; null for what an older version stored. */
  readonly arrivedMs: number | null;
  /** Days (UTC) between the first and the last activity that have none. */
  readonly missingDays: number;
  /** The latest runs of such days, oldest first: the first and the last day of each, `2026-11-23`. */
  readonly gaps: readonly { readonly first: string; readonly last: string }[];
};

/** One entry for each source that has any activity. */
export type Overview = { readonly sources: readonly SourceOverview[] };
