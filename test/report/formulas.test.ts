import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import ExcelJS from 'exceljs';
import { columnNames } from '../../src/domain/columns.ts';
import { words } from '../../src/report/words/words.ts';
import { injections } from './corpus.ts';
import { same, sheetRow } from './expected.ts';
import { Harness } from './harness.ts';
import { imported } from './imported.ts';
import { byOpenpyxl, type PyCell, takenByLibreOffice } from './programs.ts';
import { cellsOf, entriesOf, saved, unescaped, workbookByExcelJs } from './readers.ts';
import { placed } from './whole-corpus.ts';
import { readingsOf } from './workbooks.ts';

const harness = new Harness();
after(() => harness[Symbol.asyncDispose]());

/** Every injection in every text column, imported. */
const corpus = imported(harness, placed(injections));

/** Texts that would become a formula when the cell is edited. */
const dangerous = /^[=+\-@＝＋－＠\u0000-\u001f\u007f-\u009f]/;

/** LCIDs of Japanese and French: special numbers and full-width signs differ. */
const languages = [1041, 1036];

const plainTypes = [ExcelJS.ValueType.Null, ExcelJS.ValueType.String, ExcelJS.ValueType.Date, ExcelJS.ValueType.Number];

/** Only texts and times; dangerous texts, and only those, have the style that keeps them text. */
function assertTexts(xml: Buffer): void {
  for (const [reference, { names, type, style, text }] of cellsOf(xml)) {
    assert.match(names.join(), /^c(,is,t|,v)?$/, reference);
    if (type === 'inlineStr') assert.equal(style === '2', dangerous.test(unescaped(text)), `${reference} ${text}`);
    else assert.deepEqual([type, style === '1'], ['n', text !== ''], reference);
  }
}

/** The same for the Summary, which has styles of its own; returns how many cells there are of each kind. */
function assertSummary(xml: Buffer): { date: number; float: number; string: number } {
  const kinds = { date: 0, float: 0, string: 0 };
  for (const [reference, { names, type, style, text }] of cellsOf(xml)) {
    assert.match(names.join(), /^c(,is,t|,v)?$/, reference);
    if (type === 'inlineStr') {
      kinds.string++;
      assert.equal(style === '6', dangerous.test(unescaped(text)), `${reference} ${text}`);
    } else if (text !== '') {
      assert.ok(['7', '8', '9'].includes(style), reference);
      kinds[style === '8' ? 'float' : 'date']++;
    }
  }
  return kinds;
}

function assertPython(row: readonly PyCell[]): void {
  for (const [type, value, quotePrefix] of row) {
    assert.ok(type === 'd' || type === 's' || typeof value === 'number' || value === null, `${type}: ${value}`);
    assert.notEqual(type, 'f');
    assert.equal(quotePrefix, type === 's' && dangerous.test(unescaped(String(value))), String(value));
  }
}

test('no cell of a workbook is a formula or a link, in any reader, and every injection is still its own text', async (t) => {
  const { tenant, rows } = await corpus;
  const report = await harness.report(tenant, 'xlsx', { columns: columnNames, timeZone: 'Asia/Tokyo' });
  const { bytes } = report.entries.get('Activity report.xlsx')!;
  const path = saved(bytes, `${report.path}.xlsx`);
  const expected = rows.map(({ expected }) => sheetRow(expected, columnNames, 'Asia/Tokyo', words['en-US'].cutMark));
  for (const { reader, sheets, shown } of await readingsOf(bytes, path, harness.directory, (what) =>
    t.diagnostic(what),
  )) {
    same(
      sheets[0]!.slice(1),
      expected.map((row) => row.map(shown)),
      reader,
    );
  }

  const parts = await entriesOf(bytes);
  assert.deepEqual(
    [...parts.keys()].filter(
      (name) =>
        !/^(\[Content_Types\]|_rels\/|docProps\/|xl\/(workbook|styles|_rels\/workbook|worksheets\/sheet[12]|worksheets\/_rels\/sheet1|tables\/table1)\.xml)/.test(
          name,
        ),
    ),
    [],
  );
  assertTexts(parts.get('xl/worksheets/sheet1.xml')!.bytes);
  const summary = assertSummary(parts.get('xl/worksheets/sheet2.xml')!.bytes);
  for (const sheet of (await workbookByExcelJs(bytes)).worksheets) {
    sheet.eachRow((row) => row.eachCell((cell) => assert.ok(plainTypes.includes(cell.type), cell.address)));
  }
  for (const row of Object.values(byOpenpyxl(path)?.[0] ?? {}).flat()) assertPython(row);

  const [taken] = takenByLibreOffice(harness.directory, [path]) ?? [];
  if (taken === undefined) return;
  assert.deepEqual([taken.formulas, taken.links], [[], 0]);
  const texts = expected.flat().filter((cell) => typeof cell === 'string' && cell !== '').length;
  assert.deepEqual([...taken.types].sort(), [
    ['date', rows.length * 2 + summary.date],
    ['float', summary.float],
    ['string', texts + columnNames.length + 1 + summary.string],
  ]);
});

test('no cell of the Summary is a formula, whatever user, object and activities were asked for', async (t) => {
  const { tenant } = await corpus;
  const paths: string[] = [];
  const summaries: ReturnType<typeof assertSummary>[] = [];
  const rows: number[] = [];
  const wanted: (readonly [user: string, object: string, eventTypes: string])[] = [];
  for (let i = 0; i < injections.length; i += 3) {
    const [user, object, activity] = [0, 1, 2].map((j) => injections[(i + j) % injections.length]!) as [
      string,
      string,
      string,
    ];
    const report = await harness.report(tenant, 'xlsx', { user, object, eventTypes: [activity, user] });
    const { bytes } = report.entries.get('Activity report.xlsx')!;
    const parts = await entriesOf(bytes);
    assertTexts(parts.get('xl/worksheets/sheet1.xml')!.bytes);
    summaries.push(assertSummary(parts.get('xl/worksheets/sheet2.xml')!.bytes));
    paths.push(saved(bytes, `${report.path}.xlsx`));
    rows.push(report.rows);
    wanted.push([user, object, `${activity}, ${user}`]);
    const { request } = JSON.parse(report.entries.get('manifest.json')!.bytes.toString());
    assert.deepEqual([request.user, request.object, request.eventTypes], [user, object, [activity, user]]);
  }
  const books = byOpenpyxl(...paths);
  if (books === null) t.diagnostic('openpyxl is not here');
  for (const [i, book] of books?.entries() ?? []) {
    for (const row of Object.values(book).flat()) assertPython(row);
    const said = new Map(book.Summary!.map(([label, value]) => [label![1], value]));
    const { user, object, eventTypes } = words['en-US'].summary;
    assert.deepEqual(
      [user, object, eventTypes].map((label) => unescaped(String(said.get(label)![1]))),
      wanted[i],
    );
  }
  const taken = takenByLibreOffice(harness.directory, paths);
  if (taken === null) t.diagnostic('LibreOffice is not here');
  for (const [i, { formulas, links, types }] of taken?.entries() ?? []) {
    assert.deepEqual([formulas, links], [[], 0]);
    // The user may be one of the corpus; only that user's rows add dates.
    const { string = 0, date = 0, float = 0, ...others } = Object.fromEntries(types);
    assert.deepEqual([date - summaries[i]!.date, float, others], [rows[i], summaries[i]!.float, {}]);
    assert.ok(string > 14);
  }
});

test('no field of a CSV is a formula, in whatever language a spreadsheet reads it', async (t) => {
  const { tenant } = await corpus;
  const report = await harness.report(tenant, 'csv', { columns: columnNames });
  const path = saved(report.entries.get('Activity report.csv')!.bytes, `${report.path}.csv`);
  for (const language of [undefined, ...languages]) {
    const [taken] = takenByLibreOffice(harness.directory, [path], language) ?? [];
    if (taken === undefined) return t.diagnostic('LibreOffice is not here');
    assert.deepEqual([taken.formulas, taken.links], [[], 0], `language ${language}`);
  }
});

test('the checks for formulas and links find one where there is one', async (t) => {
  const book = new ExcelJS.Workbook();
  const sheet = book.addWorksheet('Activities');
  sheet.getCell('A1').value = { formula: '1+1', result: 2 };
  sheet.getCell('A2').value = { text: 'here', hyperlink: 'https://evil.example/' };
  const bytes = Buffer.from(await book.xlsx.writeBuffer());
  const path = saved(bytes, `${harness.directory}/formula.xlsx`);
  const csv = saved(Buffer.from('"a"\r\n"=1+1"\r\n"\0=1+1"\r\n"b"\r\n'), `${harness.directory}/formulas.csv`);
  const xml = (await entriesOf(bytes)).get('xl/worksheets/sheet1.xml')!.bytes;
  assert.throws(() => assertTexts(xml));
  for (const cell of [sheet.getCell('A1'), sheet.getCell('A2')]) assert.ok(!plainTypes.includes(cell.type));
  const [byPython] = byOpenpyxl(path) ?? [];
  if (byPython === undefined) t.diagnostic('openpyxl is not here');
  for (const row of byPython?.Activities ?? []) assert.throws(() => assertPython(row));
  const [inBook, inCsv] = [path, csv].map((one) => takenByLibreOffice(harness.directory, [one])?.[0]);
  if (inBook === undefined || inCsv === undefined) return t.diagnostic('LibreOffice is not here');
  assert.deepEqual([inBook.formulas, inBook.links], [['of:=1+1'], 1]);
  assert.deepEqual(inCsv.formulas, ['of:=1+1', 'of:=1+1']);
});
