import type { Activity } from './activity.ts';

/** The text columns of a report in the order of their bits in `care`. */
export const careColumns = [
  'user',
  'userType',
  'activity',
  'service',
  'itemType',
  'item',
  'object',
  'site',
  'result',
  'clientIp',
  'userAgent',
  'recordType',
  'activityId',
] as const satisfies readonly (keyof Activity)[];

/** Bits beyond those of the text columns. */
export const careBits = {
  /** Some text column is longer than a spreadsheet cell may be. */
  long: 13,
  /** The original record is not plain. */
  raw: 14,
  /** The first text column is empty; the others follow. */
  empty: 16,
} as const;

/** A spreadsheet cell holds at most this many UTF-16 units (Excel's limit, ECMA-376 names none). */
export const cellUnits = 32_767;

/**
 * Whether a value is plain, so that every writer may copy it as it is but for its format's own escapes. Not plain:
 * controls, U+FFFE and U+FFFF, an `_xHHHH_` look-alike, a first character that a spreadsheet takes for a formula,
 * leading or trailing white space, more units than a cell holds.
 */
// biome-ignore format: one alternative a line would hide that it is one expression
const notPlain = /[\u0000-\u001f\u007f-\u009f\ufffe\uffff]|_x[0-9A-Fa-f]{1,4}_|^[=+\-@\s]|\s$/;

/**
 * Decided once, at import, so that an export looks closely only where it must: a column that has no bit set in the
 * whole selection is copied without looking. Bit i: careColumns[i] is not plain; bit 16 + i: it is empty.
 */
export function careFor(activity: Activity): number {
  let care = isPlain(activity.raw) ? 0 : 1 << careBits.raw;
  for (let i = 0; i < careColumns.length; i++) {
    const text = activity[careColumns[i]!];
    if (text === '') care |= 1 << (careBits.empty + i);
    else if (!isPlain(text)) care |= 1 << i;
    if (text.length > cellUnits) care |= 1 << careBits.long;
  }
  return care;
}

function isPlain(text: string): boolean {
  return text.length <= cellUnits && !notPlain.test(text);
}
