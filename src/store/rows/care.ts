import type { Activity } from '../../domain/activity.ts';
import { textColumns } from '../../domain/columns.ts';
import type { AskedColumn } from './ask.ts';

/** Bits beyond those of the text columns. */
export const careBits = {
  /** Some text column is longer than `longUnits`. */
  long: 13,
  /** The original record is not plain. */
  raw: 14,
} as const;

/** A text with more UTF-16 units is not plain: a spreadsheet cell cannot hold it (Excel's limit, ECMA-376 names none). */
export const longUnits = 32_767;

/**
 * A text is plain if every writer may copy it and only apply its format's own escapes. Not plain: controls, U+FFFE and
 * U+FFFF, an `_xHHHH_` look-alike, a first character that a spreadsheet takes for a formula, leading or trailing white
 * space, and more than `longUnits`.
 */
// biome-ignore format: one alternative a line would hide that it is one expression
const notPlain = /[\u0000-\u001f\u007f-\u009f\ufffe\uffff]|_x[0-9A-Fa-f]{1,4}_|^[=+\-@\s]|\s$/;

/**
 * Which texts of an activity are not plain. Decided once, at import, so that an export examines only those values: a
 * column whose bit no row of a snapshot has is copied as it is. Bit i stands for `textColumns[i]`.
 */
export function careFor(activity: Activity): number {
  let care = isPlain(activity.raw) ? 0 : 1 << careBits.raw;
  for (let i = 0; i < textColumns.length; i++) {
    const text = activity[textColumns[i]!];
    if (!isPlain(text)) care |= 1 << i;
    if (text.length > longUnits) care |= 1 << careBits.long;
  }
  return care;
}

/** The bit of a column in `care`, as a mask; 0 for times. */
export function careMaskOf(name: AskedColumn): number {
  if (name === 'raw') return 1 << careBits.raw;
  const i = (textColumns as readonly string[]).indexOf(name);
  return i < 0 ? 0 : 1 << i;
}

/** Whether a row with these bits may hold a text of more than `longUnits`. */
export function mayHoldLong(care: number): boolean {
  return (care & ((1 << careBits.long) | (1 << careBits.raw))) !== 0;
}

/** Whether a text that begins with this character is never plain. */
export function isCareStart(character: string): boolean {
  return notPlain.test(`${character}a`);
}

function isPlain(text: string): boolean {
  return text.length <= longUnits && !notPlain.test(text);
}
