import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { columnNames, defaultColumns, textColumns as textsOfActivities } from '../../src/domain/columns.ts';
import { reportColumns } from '../../src/report/columns.ts';
import { words } from '../../src/report/words/words.ts';
import { isLong, type SheetCell, same, sheetRow, textColumns } from './expected.ts';
import { Harness } from './harness.ts';
import { imported } from './imported.ts';
import { soundBy } from './programs.ts';
import { cellsOf, entriesOf, parseStrictly, saved } from './readers.ts';
import { workbookOfSmallSheets } from './small-sheets.ts';
import { seed, textsOf, values, wholeCorpus } from './whole-corpus.ts';
import { byLibraries, readingsOf } from './workbooks.ts';

const harness = new Harness();
after(() => harness[Symbol.asyncDispose]());
const corpus = wholeCorpus(harness);

/** The member of each column in the records of the corpus. */
const members = {
  user: 'UserId',
  userType: 'UserType',
  activity: 'Operation',
  service: 'Workload',
  itemType: 'ItemType',
  item: 'SourceFileName',
  object: 'ObjectId',
  site: 'SiteUrl',
  result: 'ResultStatus',
  clientIp: 'ClientIP',
  userAgent: 'UserAgent',
  recordType: 'RecordType',
  activityId: 'Id',
} as const satisfies Record<(typeof textsOfActivities)[number], string>;

test('every value of every class is imported in every text column', async () => {
  const { rows } = await corpus;
  // An id must not be empty and must differ from the others; types that are numbers are not texts.
  const excused: Partial<Record<string, RegExp>> = {
    activityId: /^(__NULL__)?$|^[\ud800-\udfff\ufffd]$/,
    userType: /^\d+$/,
    recordType: /^\d+$/,
  };
  for (const name of textsOfActivities) {
    const written = new Set(rows.map(({ record }) => record[members[name]]));
    const missing = values.filter((value) => !written.has(value) && !written.has(value.toWellFormed()));
    const unexcused = missing.filter((value) => !excused[name]?.test(value));
    assert.deepEqual(unexcused, [], name);
  }
});

const asked = [
  { language: 'en-US', timeZone: null, columns: columnNames, rowsPerSheet: null },
  {
    language: 'fr-FR',
    timeZone: 'America/St_Johns',
    columns: ['raw', 'activityId', 'time', 'item'],
    rowsPerSheet: null,
  },
  { language: 'ja-JP', timeZone: 'Asia/Kathmandu', columns: defaultColumns, rowsPerSheet: 300 },
] as const;

for (const { rowsPerSheet, ...over } of asked) {
  const sheets = rowsPerSheet === null ? 'one sheet' : 'two sheets';
  test(`a workbook in ${over.language} of ${sheets} shows every reader every text and time as it was imported`, async (t) => {
    const { tenant, rows } = await corpus;
    const xlsx = await (rowsPerSheet === null
      ? harness.report(tenant, 'xlsx', over).then(({ entries }) => entries.get('Activity report.xlsx')!.bytes)
      : workbookOfSmallSheets(harness, tenant, rowsPerSheet, over));
    const path = saved(xlsx, `${harness.directory}/${over.language}.xlsx`);
    const titles = reportColumns(over).map(({ title }) => title);
    const mark = words[over.language].cutMark;
    const expected = rows.map(({ expected }) => sheetRow(expected, over.columns, over.timeZone, mark));
    const most = rowsPerSheet ?? rows.length;
    const bySheet: SheetCell[][][] = [];
    for (let at = 0; at < rows.length; at += most) bySheet.push([titles, ...expected.slice(at, at + most)]);
    assert.equal(bySheet.length, rowsPerSheet === null ? 1 : 2);
    for (const { reader, sheets, shown } of await readingsOf(xlsx, path, harness.directory, (what) =>
      t.diagnostic(what),
    )) {
      assert.equal(sheets.length, bySheet.length, reader);
      for (const [i, sheet] of sheets.entries()) {
        const wanted = bySheet[i]!.map((row) => row.map(shown));
        same(sheet, wanted, `${reader}, seed ${seed}`);
      }
    }
    for (const tool of ['unzip', '7z'] as const) {
      const sound = soundBy(tool, path);
      if (sound === null) t.diagnostic(`${tool} is not here`);
      else assert.ok(sound, tool);
    }
    for (const { bytes } of (await entriesOf(xlsx)).values()) parseStrictly(bytes);
  });
}

test('a column that is not plain changes nothing in the others, and neither do empty texts', async () => {
  // A plain text may be copied with only the escapes of XML.
  const plain = ['<>&"\'', ']]>', '&amp;', '"a"', 'é́', '議事録', '𝒳', 'bom\ufeffbom', '{c0:Raw}', '\u{1fffe}', 'a  b'];
  const cases = [...textsOfActivities.filter((name) => name !== 'user'), 'none' as const, 'all empty' as const];
  const texts = cases.flatMap((special, i) =>
    values.flatMap((value, j) => {
      if (j % 8 !== i % 8) return [];
      const own = textsOf((name) =>
        special === 'all empty' && name !== 'activityId' ? '' : plain[(j + name.length) % plain.length]!,
      );
      const placed = special in own && j % 3 > 0 ? { ...own, [special]: value } : own;
      const activityId = special === 'activityId' ? `${placed.activityId}#${j}` : `${i}#${j}`;
      return [{ ...placed, user: `user ${special}`, activityId }];
    }),
  );
  const { tenant, rows } = await imported(harness, texts);
  for (const special of cases) {
    const user = `user ${special}`;
    const report = await harness.report(tenant, 'xlsx', { user, columns: columnNames });
    const mine = rows.filter(({ expected }) => expected.user === user);
    assert.ok(mine.length > 20);
    const expected = mine.map(({ expected }) => sheetRow(expected, columnNames, null, words['en-US'].cutMark));
    for (const { reader, sheets, shown } of await byLibraries(report.entries.get('Activity report.xlsx')!.bytes)) {
      same(
        sheets[0]!.slice(1),
        expected.map((row) => row.map(shown)),
        `${reader}, ${special}`,
      );
    }
  }
});

test('values that were cut are counted, named and whole in the overflow file, whether the record is a column or not', async () => {
  const { tenant, rows } = await corpus;
  const activities = rows.map(({ expected }) => expected);
  const asked = [
    ['ja-JP', columnNames],
    ['en-US', defaultColumns],
    ['fr-FR', ['user', 'raw']],
    ['en-US', ['time', 'item']],
  ] as const;
  for (const [language, columns] of asked) {
    const shown = textColumns.filter((name) => (columns as readonly string[]).includes(name));
    const report = await harness.report(tenant, 'xlsx', { columns, language });
    const cut = activities.flatMap((one) => shown.filter((name) => isLong(one[name]))).length;
    const long = activities.filter((one) => shown.some((name) => isLong(one[name])));
    assert.ok(cut > 15, columns.join());
    assert.equal(
      report.entries.get('overflow.jsonl')!.bytes.toString(),
      long.map(({ raw }) => `${raw}\n`).join(''),
      columns.join(),
    );
    const manifest = JSON.parse(report.entries.get('manifest.json')!.bytes.toString());
    const { summary, no, cut: said } = words[language];
    const sentence = said(cut, 'overflow.jsonl');
    assert.deepEqual([manifest.cutValues, manifest.complete, manifest.incompleteBecause], [cut, false, sentence]);
    const parts = await entriesOf(report.entries.get('Activity report.xlsx')!.bytes);
    const texts = [...cellsOf(parts.get('xl/worksheets/sheet2.xml')!.bytes).values()].map(({ text }) => text);
    assert.equal(texts[texts.indexOf(summary.cutValues) + 1], String(cut));
    assert.equal(texts[texts.indexOf(summary.complete) + 1], no(sentence));
  }
  const times = await harness.report(tenant, 'xlsx', { columns: ['time'] });
  assert.equal(JSON.parse(times.entries.get('manifest.json')!.bytes.toString()).complete, true);
  assert.deepEqual([...times.entries.keys()], ['Activity report.xlsx', 'manifest.json']);
});
