import { textColumns } from '../../domain/columns.ts';
import { literal } from '../literal.ts';
import type { AskedColumn } from '../rows/ask.ts';

/** Bits of `care` beyond those of the text columns. */
export const careBits = {
  /** Some text column is longer than `longUnits`. */
  long: 13,
  /** The original record is not plain. */
  raw: 14,
} as const;

/** A text with more UTF-16 units is not plain: a spreadsheet cell cannot hold it (Excel's limit, ECMA-376 names none). */
export const longUnits = 32_767;

/** White space as JavaScript and XML readers trim it. Tabs and line ends are controls. */
const spaces = ' \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff';
/** What a spreadsheet takes for the beginning of a formula; full-width, Excel for Japanese and Chinese does. */
const formulaStarts = '=+\\-@＝＋－＠';
const controls = '\\x{0}-\\x{1f}\\x{7f}-\\x{9f}\\x{fffe}\\x{ffff}';

/**
 * A text is plain if every writer may copy it and only apply its format's own escapes. Not plain: controls, U+FFFE and
 * U+FFFF, an `_xHHHH_` look-alike, a first character that a spreadsheet takes for a formula, leading or trailing white
 * space, and more than `longUnits`.
 */
const notPlain = literal(`[${controls}]|_x[0-9A-Fa-f]{1,4}_|^[${formulaStarts}${spaces}]|[${spaces}]$`);

/**
 * Which texts of a row are not plain, as SQL. Decided once, at import, so that an export examines only those values: a
 * column whose bit no row of a snapshot has is copied as it is. Bit i stands for `textColumns[i]`.
 */
export function careOf(columnFor: (name: (typeof textColumns)[number] | 'raw') => string): string {
  const texts = textColumns.map(columnFor);
  const terms = texts.map((text, i) => bit(`${isNotPlain(textColumns[i]!, text)} OR ${isLong(text)}`, i));
  const raw = columnFor('raw');
  const all = [
    ...terms,
    bit(texts.map(isLong).join(' OR '), careBits.long),
    bit(`${isNotPlain('raw', raw)} OR ${isLong(raw)}`, careBits.raw),
  ];
  return `toUInt32(${all.join(' + ')})`;
}

/** Columns of many different texts. Of the others the engine looks at each different text once. */
const wide: readonly string[] = ['item', 'object', 'activityId', 'raw'];

/** Vectorscan finds the same as RE2 and takes 0.4 instead of 1.5 µs for a record of 800 bytes. */
function isNotPlain(name: string, text: string): string {
  return wide.includes(name) ? `multiMatchAny(${text}, [${notPlain}])` : `match(${text}, ${notPlain})`;
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
  const code = character.codePointAt(0)!;
  return code < 0x20 || (code >= 0x7f && code <= 0x9f) || formulaStarts.replace('\\', '').includes(character);
}

/** UTF-16 units: one a character, two beyond the first plane. Never more than bytes, so short texts are not counted. */
export function unitsOf(text: string, most: number): string {
  return `if(length(${text}) <= ${most}, 0, lengthUTF8(${text}) + countMatches(${text}, '[\\\\x{10000}-\\\\x{10FFFF}]'))`;
}

function isLong(text: string): string {
  return `${unitsOf(text, longUnits)} > ${longUnits}`;
}

function bit(condition: string, place: number): string {
  return `bitShiftLeft(toUInt32(${condition}), ${place})`;
}
