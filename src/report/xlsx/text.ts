import { formulaStarts } from '../text/formulas.ts';

/** A spreadsheet cell holds at most this many UTF-16 units (Excel's limit, ECMA-376 names none). */
export const cellUnits = 32_767;

/** A text that Excel may take for a formula when the cell is edited. A control character may hide before the sign. */
const likeFormula = new RegExp(`^[${formulaStarts.replace('-', '\\-')}\\u0000-\\u001f\\u007f-\\u009f]`);

/**
 * The rules for text in a cell: what stands behind its number up to the text, and the text as XML. A value that is plain
 * (`store/rows/care.ts`) comes out of them as it is but for XML's own escapes.
 */
export function cellText(
  value: string,
  cutMark: string,
  style = 0,
): { readonly open: string; readonly content: string } {
  // ECMA-376 Part 1, 18.8.45: quotePrefix keeps a value text when somebody edits the cell.
  const chosen = likeFormula.test(value) ? cellStyles.quoted : style;
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

/** Excel has no date before 1900-03-01 that other readers understand: it takes 1900 for a leap year. Such are text. */
export const firstExcelMs = Date.UTC(1900, 2, 1);

/** A time as text: ISO 8601 without zone. */
export function timeText(ms: number): string {
  return new Date(ms).toISOString().slice(0, -1);
}

/** The cell formats of the style sheet, by their place in it. */
export const cellStyles = { plain: 0, time: 1, quoted: 2, bold: 3 } as const;

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

/** ECMA-376 Part 1, 22.9.2.19 (ST_Xstring): what XML 1.0 cannot hold stands as `_xHHHH_`, and so does such an `_`. */
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
