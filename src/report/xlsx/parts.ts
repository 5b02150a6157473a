import type { ReportColumn } from '../columns.ts';
import { columnLetters, markup, textCell } from './text.ts';

const declaration = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const office = 'http://schemas.openxmlformats.org/officeDocument/2006';
const packages = 'http://schemas.openxmlformats.org/package/2006';
const types = 'application/vnd.openxmlformats-officedocument';

/** A sheet with rows of data, or without: the Summary. */
export type Sheet = { readonly name: string; readonly rows: number | null };

/** Every part of the workbook but its sheets, by name, in the order in which readers want them. */
export function fixedParts(sheets: readonly Sheet[], columns: number, title: string): [name: string, xml: string][] {
  return [
    ['[Content_Types].xml', contentTypes(sheets.length)],
    ['_rels/.rels', rootRelations],
    ['docProps/core.xml', coreProperties(title)],
    ['docProps/app.xml', appProperties],
    ['xl/workbook.xml', workbook(sheets, columns)],
    ['xl/_rels/workbook.xml.rels', workbookRelations(sheets.length)],
    ['xl/styles.xml', styles],
  ];
}

/** What stands before the rows of a sheet: frozen header, widths, titles (ECMA-376 Part 1, 18.3.1.99 for the order). */
export function sheetHead(columns: readonly ReportColumn[], rows: number, selected: boolean): string {
  const range = `A1:${columnLetters(columns.length - 1)}${rows + 1}`;
  const widths = columns.map(({ width }, i) => `<col min="${i + 1}" max="${i + 1}" width="${width}" customWidth="1"/>`);
  const titles = columns.map(({ title }, i) => textCell(`${columnLetters(i)}1`, title, '', 3));
  return (
    `${declaration}<worksheet xmlns="${main}"><dimension ref="${range}"/>` +
    `<sheetViews><sheetView${selected ? ' tabSelected="1"' : ''} workbookViewId="0">` +
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>' +
    '<selection pane="bottomLeft" activeCell="A2" sqref="A2"/></sheetView></sheetViews>' +
    `<sheetFormatPr defaultRowHeight="15"/><cols>${widths.join('')}</cols>` +
    `<sheetData><row r="1">${titles.join('')}</row>`
  );
}

/** What stands after the rows. */
export function sheetFoot(columns: number, rows: number): string {
  return `</sheetData><autoFilter ref="A1:${columnLetters(columns - 1)}${rows + 1}"/></worksheet>`;
}

/** The Summary: labels and values. */
export function summarySheet(lines: readonly (readonly [label: string, value: string])[], cutMark: string): string {
  const rows = lines.map(([label, value], i) => {
    const number = i + 1;
    const cells = textCell(`A${number}`, label, cutMark, 3) + textCell(`B${number}`, value, cutMark);
    return `<row r="${number}">${cells}</row>`;
  });
  return (
    `${declaration}<worksheet xmlns="${main}"><dimension ref="A1:B${lines.length}"/>` +
    '<sheetViews><sheetView workbookViewId="0"/></sheetViews><sheetFormatPr defaultRowHeight="15"/>' +
    '<cols><col min="1" max="1" width="32" customWidth="1"/><col min="2" max="2" width="80" customWidth="1"/></cols>' +
    `<sheetData>${rows.join('')}</sheetData></worksheet>`
  );
}

function contentTypes(sheets: number): string {
  const overrides = [
    ['/xl/workbook.xml', `${types}.spreadsheetml.sheet.main+xml`],
    ['/xl/styles.xml', `${types}.spreadsheetml.styles+xml`],
    ['/docProps/core.xml', 'application/vnd.openxmlformats-package.core-properties+xml'],
    ['/docProps/app.xml', `${types}.extended-properties+xml`],
    ...numbers(sheets).map((i) => [`/xl/worksheets/sheet${i}.xml`, `${types}.spreadsheetml.worksheet+xml`]),
  ];
  return (
    `${declaration}<Types xmlns="${packages}/content-types">` +
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>' +
    '<Default Extension="xml" ContentType="application/xml"/>' +
    `${overrides.map(([part, type]) => `<Override PartName="${part}" ContentType="${type}"/>`).join('')}</Types>`
  );
}

const rootRelations =
  `${declaration}<Relationships xmlns="${packages}/relationships">` +
  `<Relationship Id="rId1" Type="${office}/relationships/officeDocument" Target="xl/workbook.xml"/>` +
  `<Relationship Id="rId2" Type="${packages}/relationships/metadata/core-properties" Target="docProps/core.xml"/>` +
  `<Relationship Id="rId3" Type="${office}/relationships/extended-properties" Target="docProps/app.xml"/></Relationships>`;

/** Nobody, nowhere, at no time: a file's properties travel further than its contents are meant to. */
function coreProperties(title: string): string {
  return (
    `${declaration}<cp:coreProperties xmlns:cp="${packages}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/">` +
    `<dc:title>${markup(title)}</dc:title></cp:coreProperties>`
  );
}

const appProperties = `${declaration}<Properties xmlns="${office}/extended-properties"><Application>Trailport</Application></Properties>`;

function workbook(sheets: readonly Sheet[], columns: number): string {
  const list = sheets.map(({ name }, i) => `<sheet name="${markup(name)}" sheetId="${i + 1}" r:id="rId${i + 1}"/>`);
  // Excel finds a sheet's filter by this hidden name (ECMA-376 Part 1, 18.2.5) and repairs a file that lacks it.
  const filters = sheets.flatMap(({ name, rows }, i) => {
    if (rows === null) return [];
    const range = `'${name}'!$A$1:$${columnLetters(columns - 1)}$${rows + 1}`;
    return [`<definedName name="_xlnm._FilterDatabase" localSheetId="${i}" hidden="1">${markup(range)}</definedName>`];
  });
  return (
    `${declaration}<workbook xmlns="${main}" xmlns:r="${office}/relationships">` +
    '<bookViews><workbookView xWindow="0" yWindow="0" windowWidth="28800" windowHeight="15000"/></bookViews>' +
    `<sheets>${list.join('')}</sheets><definedNames>${filters.join('')}</definedNames></workbook>`
  );
}

function workbookRelations(sheets: number): string {
  const relations = numbers(sheets).map(
    (i) => `<Relationship Id="rId${i}" Type="${office}/relationships/worksheet" Target="worksheets/sheet${i}.xml"/>`,
  );
  const style = `<Relationship Id="rId${sheets + 1}" Type="${office}/relationships/styles" Target="styles.xml"/>`;
  return `${declaration}<Relationships xmlns="${packages}/relationships">${relations.join('')}${style}</Relationships>`;
}

// Whole fills (the first two are reserved), borders and fonts: openpyxl refuses less. The formats: `cellStyles`.
const styles =
  `${declaration}<styleSheet xmlns="${main}">` +
  '<numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss.000"/></numFmts>' +
  '<fonts count="2"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font>' +
  '<font><b/><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>' +
  '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>' +
  '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>' +
  '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>' +
  '<cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>' +
  '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>' +
  '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1"/>' +
  '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/></cellXfs>' +
  '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>' +
  '<dxfs count="0"/><tableStyles count="0" defaultTableStyle="TableStyleMedium2" defaultPivotStyle="PivotStyleLight16"/></styleSheet>';

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i + 1);
}
