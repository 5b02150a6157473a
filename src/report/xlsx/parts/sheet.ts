import type { Language } from '../../../domain/columns.ts';
import { cellStyles, columnLetters, markup, textCell } from '../text.ts';
import { declaration, isTable, main, relationships, type Sheet } from './package.ts';

/** A column of a sheet: its title and its width in characters. */
export type Column = { readonly title: string; readonly width: number };

/** The part of a sheet before its rows: frozen titles, widths (ECMA-376 Part 1, 18.3.1.99 has the order). */
export function sheetHead(columns: readonly Column[], sheet: Sheet, selected: boolean): string {
  const widths = columns.map(({ width }, i) => `<col min="${i + 1}" max="${i + 1}" width="${width}" customWidth="1"/>`);
  const titles = columns.map(({ title }, i) => textCell(`${columnLetters(i)}1`, title, '', cellStyles.header));
  return (
    `${worksheetOpen(rangeOf(columns, sheet))}` +
    `<sheetViews><sheetView${selected ? ' tabSelected="1"' : ''} workbookViewId="0">` +
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>' +
    '<selection pane="bottomLeft" activeCell="A2" sqref="A2"/></sheetView></sheetViews>' +
    `<sheetFormatPr defaultRowHeight="15"/><cols>${widths.join('')}</cols>` +
    `<sheetData><row r="1" ht="20" customHeight="1">${titles.join('')}</row>`
  );
}

/** The part of a sheet after its rows: its table, or without rows only a filter. */
export function sheetFoot(columns: readonly Column[], sheet: Sheet, language: Language): string {
  const table = isTable(sheet) ? '<tableParts count="1"><tablePart r:id="rId1"/></tableParts>' : '';
  const filter = isTable(sheet) ? '' : `<autoFilter ref="${rangeOf(columns, sheet)}"/>`;
  return `</sheetData>${filter}${page(language)}${table}</worksheet>`;
}

/** The table of a sheet: banded rows and a filter, at no cost for the rows (18.5.1.2). Titles must be unique. */
export function tablePart(columns: readonly Column[], sheet: Sheet, number: number): string {
  const range = rangeOf(columns, sheet);
  // A name of a table has no spaces.
  const name = markup(sheet.name.replaceAll(' ', '_'));
  const list = columns.map(({ title }, i) => `<tableColumn id="${i + 1}" name="${markup(title)}"/>`);
  return (
    `${declaration}<table xmlns="${main}" id="${number}" name="${name}" displayName="${name}" ref="${range}" totalsRowShown="0">` +
    `<autoFilter ref="${range}"/><tableColumns count="${list.length}">${list.join('')}</tableColumns>` +
    '<tableStyleInfo name="TableStyleMedium2" showFirstColumn="0" showLastColumn="0" showRowStripes="1" showColumnStripes="0"/></table>'
  );
}

/** Opens a sheet that prints one page wide. */
export function worksheetOpen(range: string): string {
  return (
    `${declaration}<worksheet xmlns="${main}" xmlns:r="${relationships}">` +
    `<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><dimension ref="${range}"/>`
  );
}

/** Landscape, one page wide and as many long as needed, with the sheet's name and page numbers; A4, in the USA Letter. */
export function page(language: Language): string {
  const paper = { 'en-US': 1, 'ja-JP': 9, 'fr-FR': 9 }[language];
  return (
    '<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.6" header="0.3" footer="0.3"/>' +
    `<pageSetup paperSize="${paper}" orientation="landscape" fitToHeight="0"/>` +
    '<headerFooter><oddFooter>&amp;L&amp;A&amp;R&amp;P / &amp;N</oddFooter></headerFooter>'
  );
}

function rangeOf(columns: readonly Column[], { rows }: Sheet): string {
  return `A1:${columnLetters(columns.length - 1)}${(rows ?? 0) + 1}`;
}
