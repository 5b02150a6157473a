import type { StreamFormat } from '../engine/engine.ts';

/** One SELECT over the rows of a snapshot. Its texts are the store's own; `parameters` holds what comes from outside. */
export type RowsQuery = {
  /** A SELECT list over the columns of `trailport.activity`. */
  readonly select: string;
  readonly format: StreamFormat;
  readonly settings: Readonly<Record<string, string | number>>;
  /** One more condition over the same columns, or null. */
  readonly where: string | null;
  /** A condition that every such row meets too and that reads no original records, or null. */
  readonly whereLean: string | null;
  /** Whether `select` or `where` reads the original records. */
  readonly raw: boolean;
  readonly parameters: Readonly<Record<string, unknown>>;
};

/**
 * Reads rows in the table's order with little memory, at no cost in time. A second thread is no faster, since deflate uses
 * the cores, and holds a second set of wide blocks. Without buffers, and with a part's first key from its index, a part is
 * read only when its rows are next: 60 originals of 10 MB in as many parts took 1.05 GB, now 0.6 GB.
 *
 * Blocks of 4 MiB and not 1, the default: each block is a dictionary more to read and a piece more to deflate, so a
 * million rows of JSON Lines take 2.45 s instead of 3.1 (2.67 with 2 MiB).
 *
 * Of a part that is one file (small parts) the engine does not know the width of rows: its blocks had 65,536 rows, and the
 * first of JSON Lines came after 140 ms; with at most 8,192 rows 100,000 of them take 90 ms instead of 170. Not more: with
 * 10,240 rows a CSV of a million took 1.82 s instead of 1.71.
 */
export const readInOrder = {
  max_threads: 1,
  read_in_order_use_buffering: 0,
  read_in_order_use_virtual_row: 1,
  preferred_block_size_bytes: 4 * 2 ** 20,
  max_block_size: 8_192,
} as const;

/** Settings of the engine's Template format: one row after the other, nothing around or between them. */
export function rowTemplate(row: string): Record<string, string | number> {
  return {
    format_template_row_format: row,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the engine's own placeholder
    format_template_resultset_format: '${data}',
    format_template_rows_between_delimiter: '',
    ...readInOrder,
  };
}

export function zoneParameter(timeZone: string | null): Readonly<Record<string, unknown>> {
  return timeZone === null ? {} : { timeZone };
}
