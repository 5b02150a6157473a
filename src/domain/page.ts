import type { Activity } from './activity.ts';

/** The place of an activity in the order of time; of equal times by activity id, bytewise. */
export type PageKey = { readonly timeMs: number; readonly activityId: string };

export const pageOrders = ['newest', 'oldest'] as const;
export type PageOrder = (typeof pageOrders)[number];

/** The most rows of a page. */
export const mostPageRows = 1000;

export type PageAsk = {
  /** Which activities come first. */
  readonly order: PageOrder;
  /** At most `mostPageRows`. */
  readonly limit: number;
  /** The last activity of the page before; null for the first page. */
  readonly after: PageKey | null;
  /** Whether the rows have their original records. */
  readonly raw: boolean;
};

/** An activity as it is stored; `raw` is null when it was not asked for. */
export type PageRow = Omit<Activity, 'raw'> & { readonly raw: string | null };

export type Page = {
  readonly rows: readonly PageRow[];
  /** The last activity of this page where another page follows; null on the last page. */
  readonly next: PageKey | null;
};
