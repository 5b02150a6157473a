import type { ColumnName } from '../../domain/columns.ts';

/** A column that a report may ask for: an activity's own, or its time in the zone that is asked for. */
export type AskedColumn = ColumnName | 'localTime';

/** Which texts a spreadsheet would run as a formula, and what is put before them. */
export type FormulaGuard = {
  /** A text that begins with one of these characters. */
  readonly starts: string;
  /** Characters that may stand before that one and do not count, such as NUL. */
  readonly skipped: string;
  readonly prefix: string;
};

/** The values that are longer than `units` UTF-16 units. */
export type LongValues = { readonly columns: readonly AskedColumn[]; readonly units: number };

/** What a report asks for: columns by name, and the form in which it wants them. The store turns it into SQL. */
export type RowsAsk =
  /**
   * The engine's Native format: texts, times as Float64 milliseconds since 1970 UTC (`localTime`: as if the zone's
   * clock showed UTC), and last a UInt32 that says which texts are not plain (`careMaskOf`).
   */
  | {
      readonly format: 'columns';
      readonly columns: readonly AskedColumn[];
      readonly timeZone: string | null;
      /** An original record is cut to so many bytes; null: never. */
      readonly mostBytes: number | null;
    }
  /** RFC 4180 lines without a header, every text quoted, times as ISO 8601. */
  | {
      readonly format: 'csv';
      readonly columns: readonly AskedColumn[];
      readonly timeZone: string | null;
      readonly formulas: FormulaGuard;
    }
  /** The original records, one a line; with `only`, those of rows that have such a value. */
  | { readonly format: 'lines'; readonly only: LongValues | null }
  /** Whole Parquet files of one or more row groups each. */
  | { readonly format: 'parquet'; readonly columns: readonly AskedColumn[]; readonly timeZone: string | null }
  /** A Parquet file of one row whose values mean nothing: the types of the columns when no row is there. */
  | { readonly format: 'parquet schema'; readonly columns: readonly AskedColumn[]; readonly timeZone: string | null };
