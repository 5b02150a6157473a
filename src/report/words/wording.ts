import type { ColumnName } from '../../domain/columns.ts';

/** Every text that a report adds by itself, in one language. */
export type Words = {
  readonly titles: Readonly<Record<ColumnName, string>>;
  readonly localTime: (timeZone: string) => string;
  readonly sources: Readonly<Record<'microsoft365' | 'google', string>>;
  readonly summary: {
    readonly report: string;
    readonly activityReport: string;
    readonly source: string;
    readonly user: string;
    readonly object: string;
    readonly from: string;
    readonly until: string;
    readonly eventTypes: string;
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
    readonly cutValues: string;
    readonly newest: string;
  };
  readonly every: string;
  readonly none: string;
  readonly noBound: string;
  readonly utcAlone: string;
  readonly yes: string;
  readonly no: (because: string) => string;
  readonly cut: (values: number, file: string) => string;
  /** Stands at the end of a value that was cut. */
  readonly cutMark: string;
  readonly csvQuote: string;
};
