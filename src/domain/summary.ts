/** What activities can be counted by. */
export const summaryKeys = ['day', 'hour', 'user', 'activity', 'service', 'object', 'clientIp'] as const;
export type SummaryKey = (typeof summaryKeys)[number];

export type SummaryAsk = {
  readonly by: SummaryKey;
  /** How many keys are listed: the most frequent ones, or the latest days or hours. */
  readonly top: number;
  /** The IANA zone of days and hours; null for UTC. */
  readonly timeZone: string | null;
};

export type Summary = {
  /**
   * The most frequent first, equal counts by key; days and hours the oldest first. A day is `2026-11-23`, an hour
   * `2026-11-23T17:00+01:00`. Users and objects that differ in letter case only are one, under its newest spelling. A key
   * is empty where the records say nothing.
   */
  readonly rows: readonly { readonly key: string; readonly count: number }[];
  /** Activities of the keys that are not listed. */
  readonly others: number;
  readonly total: number;
};
