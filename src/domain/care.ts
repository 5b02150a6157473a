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

/**
 * Whether a value is plain, so that every writer may copy it as it is but for its format's own escapes. Not plain:
 * C0 controls and DEL, U+FFFE and U+FFFF, an `_xHHHH_` look-alike, a first character that a spreadsheet takes for a
 * formula, leading or trailing white space, more than 32,767 UTF-16 units.
 */
// biome-ignore format: one alternative a line would hide that it is one expression
const notPlain = /[\u0000-\u001f\u007f\ufffe\uffff]|_x[0-9A-Fa-f]{4}_|^[=+\-@\s]|\s$/;

/** Decided once, at import, so that an export only looks closely at the rows that need it. Bit i: careColumns[i]. */
export function careFor(activity: Activity): number {
  let care = 0;
  for (let i = 0; i < careColumns.length; i++) {
    const text = activity[careColumns[i]!];
    if (text.length > 32_767 || notPlain.test(text)) care |= 1 << i;
  }
  return care;
}
