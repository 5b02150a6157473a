import { columnLetters, markup } from '../text.ts';

export const declaration = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
export const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
export const relationships = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const office = 'http://schemas.openxmlformats.org/officeDocument/2006';
const packages = 'http://schemas.openxmlformats.org/package/2006';
const types = 'application/vnd.openxmlformats-officedocument';

/** A sheet and how many rows of data it has; null for the Summary. */
export type Sheet = { readonly name: string; readonly rows: number | null };

/** Whether a sheet's rows are a table: a table needs at least one row of data. */
export function isTable({ rows }: Sheet): boolean {
  return rows !== null && rows > 0;
}

/** Every part of the workbook except sheets, tables and styles, in the order in which readers want them. */
export function packageParts(sheets: readonly Sheet[], columns: number, title: string): [name: string, xml: string][] {
  return [
    ['[Content_Types].xml', contentTypes(sheets)],
    ['_rels/.rels', rootRelations],
    ['docProps/core.xml', coreProperties(title)],
    ['docProps/app.xml', appProperties],
    ['xl/workbook.xml', workbook(sheets, columns)],
    ['xl/_rels/workbook.xml.rels', workbookRelations(sheets.length)],
    ...sheets.flatMap((sheet, i): [string, string][] =>
      isTable(sheet) ? [[`xl/worksheets/_rels/sheet${i + 1}.xml.rels`, tableRelation(i + 1)]] : [],
    ),
  ];
}

function contentTypes(sheets: readonly Sheet[]): string {
  const overrides = [
    ['/xl/workbook.xml', `${types}.spreadsheetml.sheet.main+xml`],
    ['/xl/styles.xml', `${types}.spreadsheetml.styles+xml`],
    ['/docProps/core.xml', 'application/vnd.openxmlformats-package.core-properties+xml'],
    ['/docProps/app.xml', `${types}.extended-properties+xml`],
    ...sheets.map((_, i) => [`/xl/worksheets/sheet${i + 1}.xml`, `${types}.spreadsheetml.worksheet+xml`]),
    ...sheets.flatMap((sheet, i) =>
      isTable(sheet) ? [[`/xl/tables/table${i + 1}.xml`, `${types}.spreadsheetml.table+xml`]] : [],
    ),
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

/** No user, host, path or time: a file's properties are seen by more people than its contents. */
function coreProperties(title: string): string {
  return (
    `${declaration}<cp:coreProperties xmlns:cp="${packages}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/">` +
    `<dc:title>${markup(title)}</dc:title></cp:coreProperties>`
  );
}

const appProperties = `${declaration}<Properties xmlns="${office}/extended-properties"><Application>Trailport</Application></Properties>`;

function workbook(sheets: readonly Sheet[], columns: number): string {
  const list = sheets.map(({ name }, i) => `<sheet name="${markup(name)}" sheetId="${i + 1}" r:id="rId${i + 1}"/>`);
  return (
    `${declaration}<workbook xmlns="${main}" xmlns:r="${relationships}">` +
    '<bookViews><workbookView xWindow="0" yWindow="0" windowWidth="28800" windowHeight="15000"/></bookViews>' +
    `<sheets>${list.join('')}</sheets><definedNames>${names(sheets, columns).join('')}</definedNames></workbook>`
  );
}

/**
 * Names that Excel itself gives to what is printed, to the row of titles and to a filter outside a table (18.2.5). Without
 * a print area, a long text in the last column makes the page wider and all of it smaller.
 */
function names(sheets: readonly Sheet[], columns: number): string[] {
  return sheets.flatMap((sheet, i) => {
    if (sheet.rows === null) return [];
    const of = (name: string, range: string, more = '') =>
      `<definedName name="_xlnm.${name}" localSheetId="${i}"${more}>${markup(`'${sheet.name}'!${range}`)}</definedName>`;
    const last = columnLetters(columns - 1);
    const filter = of('_FilterDatabase', `$A$1:$${last}$1`, ' hidden="1"');
    const area = of('Print_Area', `$A$1:$${last}$${sheet.rows + 1}`);
    return [...(isTable(sheet) ? [] : [filter]), area, of('Print_Titles', '$1:$1')];
  });
}

function workbookRelations(sheets: number): string {
  const relations = Array.from(
    { length: sheets },
    (_, i) =>
      `<Relationship Id="rId${i + 1}" Type="${relationships}/worksheet" Target="worksheets/sheet${i + 1}.xml"/>`,
  );
  const style = `<Relationship Id="rId${sheets + 1}" Type="${relationships}/styles" Target="styles.xml"/>`;
  return `${declaration}<Relationships xmlns="${packages}/relationships">${relations.join('')}${style}</Relationships>`;
}

function tableRelation(number: number): string {
  return (
    `${declaration}<Relationships xmlns="${packages}/relationships">` +
    `<Relationship Id="rId1" Type="${relationships}/table" Target="../tables/table${number}.xml"/></Relationships>`
  );
}
