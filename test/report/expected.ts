import assert from 'node:assert/strict';
import type { Activity } from '../../src/domain/activity.ts';
import { type ColumnName, textColumns as textsOfActivities } from '../../src/domain/columns.ts';
import { cellUnits } from '../../src/report/xlsx/text.ts';
import { localTimes } from './local-times.ts';

/** The columns of a report that are not times: the text columns and the original record. */
export const textColumns = [...textsOfActivities, 'raw'] as const;

/** A text, or a date without a zone: `2026-11-23T17:00:00.000`. */
export type SheetCell = string | { readonly date: string };

/** The row that a sheet must have: times and texts in the order of the columns, cut to a cell's size. */
export function sheetRow(
  activity: Activity,
  columns: readonly ColumnName[],
  timeZone: string | null,
  mark: string,
): SheetCell[] {
  return columns.flatMap((name): SheetCell[] => {
    if (name !== 'time') return [cutOf(activity[name], mark)];
    const utc = timeOf(new Date(activity.timeMs).toISOString().slice(0, -1));
    return timeZone === null ? [utc] : [utc, timeOf(localTimes(timeZone).wall(activity.timeMs))];
  });
}

/** The row that a CSV must have: an apostrophe only before texts that a spreadsheet would take for a formula. */
export function csvRow(activity: Activity, columns: readonly ColumnName[], timeZone: string | null): string[] {
  return columns.flatMap((name) => {
    // LibreOffice ignores a NUL.
    if (name !== 'time') return [activity[name].replace(/^(?=\0*[=+\-@＝＋－＠\t\r\n])/, "'")];
    const utc = new Date(activity.timeMs).toISOString();
    return timeZone === null ? [utc] : [utc, localTimes(timeZone).iso(activity.timeMs)];
  });
}

/** Whether a value does not fit into a cell. */
export function isLong(text: string): boolean {
  return text.length > cellUnits;
}

/** As many units as fit before the mark; a surrogate pair is not split. */
export function cutOf(text: string, mark: string): string {
  if (!isLong(text)) return text;
  const kept = text.slice(0, cellUnits - mark.length);
  return (kept.isWellFormed() ? kept : kept.slice(0, -1)) + mark;
}

/** Compares row by row and cell by cell and names the first difference: a diff of megabytes takes a minute. */
export function same(
  rows: readonly (readonly unknown[])[],
  expected: readonly (readonly unknown[])[],
  reader: string,
): void {
  assert.equal(rows.length, expected.length, `${reader}: rows`);
  rows.forEach((row, i) => {
    assert.equal(row.length, expected[i]!.length, `${reader}: row ${i}`);
    row.forEach((value, j) => {
      const wanted = expected[i]![j];
      if (value !== wanted)
        assert.fail(`${reader}, row ${i}, column ${j}: ${difference(String(value), String(wanted))}`);
    });
  });
}

function difference(text: string, wanted: string): string {
  let at = 0;
  while (at < text.length && text[at] === wanted[at]) at++;
  const [shown, other] = [text, wanted].map((one) => JSON.stringify(one.slice(Math.max(0, at - 20), at + 60)));
  return `${shown} instead of ${other}, from unit ${at} of ${text.length} instead of ${wanted.length}`;
}

/** Excel has no dates before March 1900 that other readers understand; they are text. */
function timeOf(wall: string): SheetCell {
  return wall < '1900-03-01' ? wall : { date: wall };
}
