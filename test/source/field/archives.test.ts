import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { readRecords } from '../../../src/source/source.ts';
import { csvHeader, csvRow, fileOf, itemsOf, json, limits, outline, readingOf } from '../reading.ts';
import { zipOf } from './zip.ts';

test('each file of a ZIP archive is read like a file of its own: kinds, encodings, gzip and dates apart', async () => {
  const archive = zipOf([
    ['a.ndjson', `${json('a')}\n${json('b')}\n`],
    ['folder/', ''],
    ['folder/b.csv', `${csvHeader}\n${csvRow(json('c'))}\n`],
    ['../../c.json.gz', gzipSync(`[${json('d')}]`)],
    ['latin1.json', Buffer.from(json('e', { Operation: 'Café' }), 'latin1')],
    ['day.csv', `${csvHeader}\n${csvRow('{"Id":"f"}', '31/12/2025')}\n${csvRow('{"Id":"g"}', '03/08/2026')}\n`],
    ['month.csv', `${csvHeader}\n${csvRow('{"Id":"h"}', '12/31/2025')}\n${csvRow('{"Id":"i"}', '03/08/2026')}\n`],
    ['empty.json', '[]'],
    ['__MACOSX/._a.ndjson', 'Mac OS X'],
    ['.DS_Store', '\u0000\u0000\u0000\u0001Bud1'],
  ]);
  const items = await itemsOf(archive);
  const ids = items.map((item) => (item.kind === 'activity' ? item.activity.activityId : item.reason));
  assert.deepEqual(ids, ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']);
  const day = (i: number) =>
    items[i]?.kind === 'activity' && new Date(items[i].activity.timeMs).toISOString().slice(0, 10);
  assert.deepEqual([day(6), day(8)], ['2026-08-03', '2026-03-08']);
  assert.deepEqual(await itemsOf(archive, { pieces: [1, 50] }), items, 'in pieces');
  const { assumed } = await readingOf(archive);
  assert.equal(assumed.length, 3, assumed.join('\n'));
});

test('what is not ours in an archive is set aside under its name, with what it is; the name is in no sentence', async () => {
  const archive = zipOf([
    ['secret-plan.pdf', '%PDF-1.7'],
    ['a.json', json('a')],
    ['broken.json', `${json('b')}\n{"Id":`],
    { name: 'locked.json', bytes: Buffer.from(json('c')), flags: 0x801 },
    { name: 'odd.json', bytes: Buffer.from(json('d')), method: 99 },
    ['inner.zip', zipOf([['x.json', json('x')]])],
    ['book.xlsx', zipOf([['[Content_Types].xml', '<a/>']])],
  ]);
  const items = await itemsOf(archive);
  const rejects = items.flatMap((item) => (item.kind === 'reject' ? [item] : []));
  assert.deepEqual(
    rejects.map(({ record }) => record),
    ['{"Id":', 'secret-plan.pdf', 'locked.json', 'odd.json', 'inner.zip', 'book.xlsx'],
  );
  const sentences = [
    /^File 3 of the ZIP archive: The file ends before the JSON does/,
    /^File 1 of the ZIP archive was not read\. It is a PDF document\.$/,
    /^File 4 .*encrypted; unpack it with its password/,
    /^File 5 .*packed in a way that is not understood/,
    /^File 6 .*a ZIP archive inside another file/,
    /^File 7 .*an Excel workbook/,
  ];
  for (const [i, sentence] of sentences.entries()) assert.match(rejects[i]!.reason, sentence);
  assert.ok(rejects.every(({ reason }) => !reason.includes('secret')));
  assert.equal(items.length - rejects.length, 2);
});

test('a workbook, a document and an archive without records are refused with what to do', async () => {
  const cases: readonly (readonly [Buffer, RegExp])[] = [
    [
      zipOf([
        ['[Content_Types].xml', '<a/>'],
        ['xl/workbook.xml', '<a/>'],
      ]),
      /^The file is an Excel workbook; save it as CSV UTF-8/,
    ],
    [
      zipOf([
        ['[Content_Types].xml', '<a/>'],
        ['word/document.xml', '<a/>'],
      ]),
      /^The file is an Office document; save/,
    ],
    [
      zipOf([
        ['mimetype', 'x'],
        ['content.xml', '<a/>'],
      ]),
      /^The file is an OpenDocument file; save/,
    ],
    [gzipSync(zipOf([['a.json', json('a')]])), /^The file is a ZIP archive inside another file; unpack it/],
    [
      zipOf([
        ['a.pdf', '%PDF-1.7'],
        ['b.txt', 'words'],
      ]),
      /^The file is a ZIP archive of 2 files, none of them understood; the first is a PDF document; understood are/,
    ],
    [zipOf([]), /^The file is an empty ZIP archive; understood are/],
    [zipOf([['folder/', '']]), /^The file is an empty ZIP archive; understood are/],
  ];
  for (const [file, message] of cases) {
    await assert.rejects(() => itemsOf(file), { code: 'import_not_understood', message });
  }
});

test("Trailport's own JSON Lines reports go in again; of others it is said how", async () => {
  const manifest = `${JSON.stringify({ manifestVersion: 1, report: 'activity', files: [], rows: 1 }, null, 2)}\n`;
  const jsonl = zipOf([
    ['Activity report.jsonl', `${json('a')}\n${json('b')}\n`],
    ['manifest.json', manifest],
  ]);
  assert.deepEqual(await outline(jsonl), ['1 a', '2 b']);
  const csv = '\ufeff"Time (UTC)","User","Activity","Activity ID"\r\n"x","y","z","1"\r\n';
  for (const [name, content] of [
    ['Activity report.xlsx', zipOf([['[Content_Types].xml', '<a/>']])],
    ['Activity report.csv', csv],
    ['Activity report.parquet', 'PAR1'],
  ] as const) {
    const message =
      /none of them understood; a report of Trailport can be imported as JSON Lines; export it again in the format jsonl\.$/;
    await assert.rejects(
      () =>
        itemsOf(
          zipOf([
            [name, content],
            ['manifest.json', manifest],
          ]),
        ),
      { message },
      name,
    );
  }
  await assert.rejects(() => itemsOf(csv), { message: /one of Trailport's CSV reports; export it as JSON Lines/ });
});

test('a damaged archive says so: its directory, an entry that is not what was packed, one that is cut', async () => {
  const archive = zipOf([
    ['a.ndjson', `${json('a')}\n`.repeat(200)],
    ['b.json', json('b')],
  ]);
  for (const cut of [10, 100, archive.length - 1]) {
    await assert.rejects(() => itemsOf(archive.subarray(0, cut)), {
      code: 'import_broken',
      message: /ZIP archive is cut off/,
    });
  }
  const damaged = Buffer.from(archive);
  damaged.fill(0x55, 45, 60);
  const items = await itemsOf(damaged);
  assert.deepEqual(
    items
      .filter((item) => item.kind === 'activity')
      .map((item) => item.kind === 'activity' && item.activity.activityId),
    ['b'],
  );
  assert.ok(items.some((item) => item.kind === 'reject' && /^File 1 .*cut off or damaged/.test(item.reason)));
});

test('entries, what they unpack to together, and entries that share their bytes are limited', async () => {
  const many = zipOf(Array.from({ length: limits.entries + 1 }, (_, i) => [`${i}.json`, '[]'] as const));
  await assert.rejects(() => itemsOf(many), {
    code: 'body_too_large',
    message: /more than 100 files.*TRAILPORT_IMPORT_ENTRIES/,
  });
  const spaces = `${json('a')}\n${' '.repeat(2_000_000)}`;
  const large = zipOf([
    ['a', spaces],
    ['b', spaces],
  ]);
  assert.equal((await itemsOf(large, { inflatedBytes: 5_000_000 })).length, 2);
  await assert.rejects(() => itemsOf(large, { inflatedBytes: 3_000_000 }), {
    message: /3000000 bytes.*IMPORT_INFLATED_BYTES/,
  });
  const shared = sharing(spaces, 90);
  const all = readRecords(fileOf(shared), { ...limits, inflatedBytes: Number.MAX_SAFE_INTEGER });
  await assert.rejects(() => Array.fromAsync(all), {
    code: 'body_too_large',
    message: /unpacks to more than it can hold/,
  });
});

/** An archive whose directory names one entry many times. */
function sharing(text: string, times: number): Buffer {
  const one = zipOf([['a', text]]);
  const end = one.length - 22;
  const start = one.readUInt32LE(end + 16);
  const directory = Buffer.concat(Array.from({ length: times }, () => one.subarray(start, end)));
  const tail = Buffer.from(one.subarray(end));
  tail.writeUInt16LE(times, 8);
  tail.writeUInt16LE(times, 10);
  tail.writeUInt32LE(directory.length, 12);
  return Buffer.concat([one.subarray(0, start), directory, tail]);
}
