/** A text of our own as a string literal of the engine. */
export function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

/** A second reading thread brings no speed, for deflate has the cores, and a second set of wide blocks in memory. */
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

/** The local wall time of a zone as if it were UTC: right across daylight-saving changes, back to local mean time. */
export const wallTime = "toDateTime64(toString(toTimeZone(time, {timeZone:String})), 3, 'UTC')";

/** ISO 8601 with milliseconds: `2026-11-23T17:00:00.000`, without zone. */
export function isoOf(time: string): string {
  return `replaceOne(toString(${time}), ' ', 'T')`;
}

/** ISO 8601 with the zone's offset, so that the hour that daylight saving repeats stays two hours. */
export const isoWallTime = `concat(${isoOf(wallTime)}, if(${offsetMinutes()} < 0, '-', '+'),
  leftPad(toString(intDiv(abs(${offsetMinutes()}), 60)), 2, '0'), ':', leftPad(toString(abs(${offsetMinutes()}) % 60), 2, '0'))`;

function offsetMinutes(): string {
  return `intDiv(toUnixTimestamp64Milli(${wallTime}) - toUnixTimestamp64Milli(time), 60000)`;
}
