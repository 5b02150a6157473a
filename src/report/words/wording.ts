import type { ColumnName } from '../../domain/columns.ts';

/** Every text of a report that is not an activity's, in one language. */
export type Words = {
  readonly titles: Readonly<Record<ColumnName, string>>;
  readonly localTime: (timeZone: string) => string;
  readonly sources: Readonly<Record<'microsoft365' | 'google', string>>;
  readonly activityReport: string;
  /** The headings of the Summary. */
  readonly sections: {
    readonly question: string;
    readonly request: string;
    readonly result: string;
    readonly completeness: string;
    readonly byActivity: string;
    readonly byDay: string;
  };
  readonly summary: {
    readonly source: string;
    readonly user: string;
    readonly object: string;
    readonly from: string;
    readonly until: string;
    readonly eventTypes: string;
    readonly services: string;
    readonly recordTypes: string;
    readonly results: string;
    readonly clientIps: string;
    readonly text: string;
    readonly format: string;
    readonly columns: string;
    readonly language: string;
    readonly timeZone: string;
    readonly tenant: string;
    readonly app: string;
    readonly job: string;
    readonly askedAt: string;
    readonly rows: string;
    readonly first: string;
    readonly last: string;
    readonly complete: string;
    readonly counted: string;
    readonly written: string;
    readonly readAt: string;
    readonly newest: string;
    readonly cutValues: string;
    readonly unknown: string;
  };
  readonly every: string;
  readonly none: string;
  readonly noBound: string;
  /** The activities, and the days, that are not listed one by one. */
  readonly others: string;
  readonly earlier: string;
  readonly utcAlone: string;
  readonly yes: string;
  readonly no: (because: string) => string;
  readonly cut: (values: number, file: string) => string;
  /** The end of a value that was cut. */
  readonly cutMark: string;
  readonly csvQuote: string;
  /** The names, quoted and listed, how many more there are, and the name of the source. */
  readonly neverSeen: (names: string, more: number, source: string) => string;
};
