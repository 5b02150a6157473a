/** One SELECT over the rows of a snapshot. Its texts are the store's own; `parameters` holds what comes from outside. */
export type RowsQuery = {
  /** A SELECT list over the columns of `trailport.activity`. */
  readonly select: string;
  /** A format of the engine. */
  readonly format: string;
  readonly settings: Readonly<Record<string, string | number>>;
  /** One more condition over the same columns, or null. */
  readonly where: string | null;
  readonly parameters: Readonly<Record<string, unknown>>;
};

/** A second reading thread is no faster, since deflate uses the cores, and it holds a second set of wide blocks. */
export const readInOrder = { max_threads: 1 } as const;

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
