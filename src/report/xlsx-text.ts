import { cellUnits } from '../domain/care.ts';

/**
 * The rules for text in a cell, for the few cells that we write ourselves. `xlsx-cells.ts` says the same to the engine,
 * and a test holds the two against each other.
 */
export function textCell(reference: string, text: string, cutMark: string, style = 0): string {
  if (text === '') return `<c r="${reference}"${styled(style)}/>`;
  // ECMA-376 Part 1, 18.8.45: quotePrefix keeps a value text when somebody edits the cell.
  const chosen = /^[=+\-@\u0000-\u001f\u007f-\u009f]/.test(text) ? cellStyles.quoted : style;
  const space = /^\s|\s$/.test(text) ? ' xml:space="preserve"' : '';
  const content = markup(escaped(cut(text, cutMark)));
  return `<c r="${reference}" t="inlineStr"${styled(chosen)}><is><t${space}>${content}</t></is></c>`;
}

/** The cell formats of the style sheet, by their place in it. */
export const cellStyles = { plain: 0, time: 1, quoted: 2, bold: 3 } as const;

/** A column's letters, from 0: A, B … Z, AA. */
export function columnLetters(index: number): string {
  return (index >= 26 ? columnLetters(Math.floor(index / 26) - 1) : '') + String.fromCharCode(65 + (index % 26));
}

/** Text as XML character data. */
export function markup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
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
    .replace(/_(?=x[0-9A-Fa-f]{4}_)/g, '_x005F_')
    .replace(/[\u0000-\u0008\u000b-\u001f\ufffe\uffff]/g, (c) => {
      return `_x${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`;
    });
}

function styled(style: number): string {
  return style === 0 ? '' : ` s="${style}"`;
}
