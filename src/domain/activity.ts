/** The services whose audit records are kept. */
export const sources = ['microsoft365', 'google'] as const;
export type Source = (typeof sources)[number];

/**
 * One thing that somebody did: one audit record, or one event of a Google activity. Texts are empty where the record
 * says nothing, and hold no lone surrogates. Where each comes from: the table in `docs/report.md`.
 */
export type Activity = {
  readonly source: Source;
  /** Identity within (tenant, source): `Id`, or for Google the id tuple, the event's place and its name. */
  readonly activityId: string;
  /** Milliseconds since 1970, UTC. */
  readonly timeMs: number;
  readonly user: string;
  readonly userType: string;
  readonly activity: string;
  readonly service: string;
  readonly itemType: string;
  readonly item: string;
  readonly object: string;
  readonly site: string;
  readonly result: string;
  readonly clientIp: string;
  readonly userAgent: string;
  readonly recordType: string;
  /** The original record's own text, on one line: only line breaks and indents between tokens are taken out. */
  readonly raw: string;
};

/** What a store can hold as a time: 1900 up to 2299, the range of ClickHouse's DateTime64. */
export const earliestTimeMs = Date.UTC(1900, 0, 1);
export const latestTimeMs = Date.UTC(2299, 11, 31, 23, 59, 59, 999);
