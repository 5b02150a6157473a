import { formulaStarts } from '../text/formulas.ts';
import { putSerial } from './sheet/values.ts';

/** A spreadsheet cell holds at most this many UTF-16 units (Excel's limit, ECMA-376 names none). */
export const cellUnits = 32_767;

/** A text that Excel may take for a formula when the cell is edited. A control character may hide before the sign. */
export const likeFormula = new RegExp(`^[${formulaStarts.replace('-', '\\-')}\\u0000-\\u001f\\u007f-\\u009f]`);

/**
 * The rules for text in a cell: the markup between its row number and the text, and the text as XML. A value that is plain
 * (`store/rules/care.ts`) is not changed by them except for XML's own escapes.
 */
export function cellText(
  value: string,
  cutMark: string,
  style = 0,
): { readonly open: string; readonly content: string } {
  // ECMA-376 Part 1, 18.8.45: quotePrefix keeps a value text when somebody edits the cell.
  const chosen = style === cellStyles.plain && likeFormula.test(value) ? cellStyles.quoted : style;
  const space = /^\s|\s$/.test(value) ? ' xml:space="preserve"' : '';
  const content = characters(escaped(cut(value, cutMark)));
  return { open: `" t="inlineStr"${styled(chosen)}><is><t${space}>`, content };
}

/** A whole cell of text. */
export function textCell(reference: string, value: string, cutMark: string, style = 0): string {
  if (value === '') return `<c r="${reference}"${styled(style)}/>`;
  const { open, content } = cellText(value, cutMark, style);
  return `<c r="${reference}${open}${content}</t></is></c>`;
}

/** Excel has no date before 1900-03-01 that other readers understand, because it takes 1900 for a leap year: those are text. */
export const firstExcelMs = Date.UTC(1900, 2, 1);

/** A time as text: ISO 8601 without zone. */
export function timeText(ms: number): string {
  return new Date(ms).toISOString().slice(0, -1);
}

/** A time as days since 1899-12-30, for a cell that no other code path writes often. */
export function serialOf(ms: number): string {
  const digits = new Uint8Array(24);
  return Buffer.from(digits.subarray(0, putSerial(ms, digits, 0))).toString('latin1');
}

/** The cell formats of the style sheet by number: the first three of rows, the others of titles and the Summary. */
export const cellStyles = {
  plain: 0,
  time: 1,
  quoted: 2,
  header: 3,
  label: 4,
  value: 5,
  quotedValue: 6,
  date: 7,
  count: 8,
  day: 9,
  title: 10,
  section: 11,
} as const;

/** A column's letters, from 0: A, B … Z, AA. */
export function columnLetters(index: number): string {
  return (index >= 26 ? columnLetters(Math.floor(index / 26) - 1) : '') + String.fromCharCode(65 + (index % 26));
}

/** Text as the value of an XML attribute. */
export function markup(text: string): string {
  return characters(text).replaceAll('"', '&quot;');
}

/** Text as XML character data. */
function characters(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function cut(text: string, mark: string): string {
  if (text.length <= cellUnits) return text;
  const kept = cellUnits - mark.length;
  const insidePair = /[\ud800-\udbff]/.test(text.charAt(kept - 1));
  return text.slice(0, insidePair ? kept - 1 : kept) + mark;
}

/** ECMA-376 Part 1, 22.9.2.19 (ST_Xstring): characters that XML 1.0 forbids are written as `_xHHHH_`, and so is the `_` of a text that looks like that. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replace(/_(?=x[0-9A-Fa-f]{1,4}[_\u0000-\u0008\u000b-\u001f\ufffe\uffff])/g, '_x005F_')
    .replace(/[\u0000-\u0008\u000b-\u001f\ufffe\uffff]/g, (c) => {
      return `_x${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`;
    });
}

function styled(style: number): string {
  return style === 0 ? '' : ` s="${style}"`;
}
