import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Failure } from '../../src/domain/failure.ts';
import { csvHeader, csvRow, itemsOf, json, outline } from './reading.ts';

/** Files with something broken in them, and what is found all the same. */
const files: Record<string, readonly [file: string, found: readonly string[]]> = {
  'NDJSON: a line in the middle': [`${json('a')}\n{"Id":"b",\n${json('c')}\n`, ['1 a', '2 reject', '3 c']],
  'NDJSON: the first line, cut inside a text': [`{"Id":"b\n${json('b')}\n${json('c')}`, ['1 reject', '2 b', '3 c']],
  'NDJSON: the first line, cut before a value': [`{"Id":\n${json('b')}\n${json('c')}`, ['1 reject', '2 b', '3 c']],
  'NDJSON: the first line, cut inside a list': [`{"L":[\n${json('b')}\n${json('c')}`, ['1 reject', '2 b', '3 c']],
  'NDJSON: the first line, words': [`not json\n${json('b')}\n`, ['1 reject', '2 b']],
  'NDJSON: the first line, and one more': [`{"L":\n${json('b')}`, ['1 reject', '2 b']],
  'NDJSON: an extra bracket': [`${json('a')}}\n${json('b')}\n`, ['1 a', '1 reject', '2 b']],
  'NDJSON: a raw line break in a text': [
    `${json('a')}\n{"Id":"x\ny"}\n${json('b')}`,
    ['1 a', '2 reject', '3 reject', '4 b'],
  ],
  'NDJSON: the last line is half': [`${json('a')}\n${json('b').slice(0, 40)}`, ['1 a', '2 reject']],
  'NDJSON: files joined with their BOMs': [`\ufeff${json('a')}\n\ufeff${json('b')}`, ['1 a', '2 b']],
  'NDJSON: empty lines, and CRLF': [`\r\n${json('a')}\r\n\r\n${json('b')}\r\n`, ['2 a', '4 b']],
  'NDJSON: a page broken by its line': [
    `${json('a')}\n{"value":[${json('b')},\n${json('c')}`,
    ['1 a', '2 b', '2 reject', '3 c'],
  ],
  'a list: a comma too many': [`[${json('a')},{"Id":1,,},${json('c')}]`, ['1 a', '1 reject', '1 c']],
  'a list: a bracket never closed': [`[${json('a')},{"Id":1,\n${json('c')}]`, ['1 a', '1 reject', '2 c']],
  'a list: its last bracket never closed': [`[${json('a')},{"Id":1]`, ['1 a', '1 reject']],
  'a list: a raw line break in a text': [`[{"Id":"x\ny"},\n${json('c')}]`, ['1 reject', '3 c']],
  'a list: no objects': [`[1,"a,b",null,[],[[]],${json('c')}]`, ['1 reject', '1 reject', '1 reject', '1 c']],
  'a list: never closed': [`[\n${json('a')},\n`, ['2 a', '3 reject']],
  'a page: never closed': [`{"value":[${json('a')}`, ['1 a', '1 reject']],
  'a page: half a record at its end': [`{"value":[${json('a')},{"Id":`, ['1 a', '1 reject']],
  'pretty printed: the second of three': [
    `${JSON.stringify(JSON.parse(json('a')), null, 1)}\n{\n "Id":"x",\n${JSON.stringify(JSON.parse(json('c')), null, 1)}\n`,
    ['1 a', '10 reject', '12 c'],
  ],
  'CSV: empty audit data': [
    `${csvHeader}\n${csvRow('')}\n${csvRow('{}')}\n${csvRow(json('c'))}\n`,
    ['2 reject', '3 reject', '4 c'],
  ],
  'CSV: audit data cut short': [
    `${csvHeader}\n${csvRow(json('a').slice(0, 50))}\n${csvRow(json('c'))}`,
    ['2 reject', '3 c'],
  ],
  'CSV: every row': [`${csvHeader}\nx,y\n{"a":1}\n`, ['2 reject', '3 reject']],
  'CSV: too few columns': [`${csvHeader}\nx,y\n${csvRow(json('c'))}`, ['2 reject', '3 c']],
  'CSV: text after a quote': [`${csvHeader}\n1,"a"b,c,d\n${csvRow(json('c'))}`, ['2 reject', '3 c']],
  'CSV: a quote never closed': [
    `${csvHeader}\n1,"2,3,4\n${csvRow(json('b'))}\n${csvRow(json('c'))}`,
    ['2 reject', '3 b', '4 c'],
  ],
  'CSV: two quotes never closed': [
    [csvHeader, '1,"2,3,4', csvRow(json('b')), '1,"2,3,4', csvRow(json('d'))].join('\n'),
    ['2 reject', '3 b', '4 reject', '5 d'],
  ],
  'CSV: a quote never closed in the last row': [`${csvHeader}\n${csvRow(json('a'))}\n1,2,3,"{`, ['2 a', '3 reject']],
  'CSV: blank lines': [`${csvHeader}\r\n\r\n${csvRow(json('b'))}\r\n\r\n`, ['3 b']],
};

for (const [name, [file, found]] of Object.entries(files)) {
  test(`${name}: one reject with its line, and the rest goes on`, async () => {
    assert.deepEqual(await outline(file), found);
    assert.deepEqual(await outline(file, { pieces: [1] }), found, 'byte by byte');
    assert.deepEqual(await outline(gzipSync(file), { pieces: [3] }), found, 'gzipped');
  });
}

test('a record says which member is wrong and what was expected', async () => {
  const cases = [
    [json('a', { Id: '' }), /no Id; expected/],
    [json('a', { CreationTime: null }), /no CreationTime; expected/],
    [json('a', { CreationTime: '2023-10-10T17:08:65' }), /^CreationTime is not a valid time; expected ISO 8601/],
    [json('a', { CreationTime: '1899-12-31T23:59:59' }), /^CreationTime is not between the years 1900 and 2299/],
    [json('a', { CreationTime: '2300-01-01T00:00:00' }), /^CreationTime is not between/],
    [`${csvHeader}\n${csvRow('')}`, /^AuditData is empty/],
    [`${csvHeader}\n${csvRow('[1]')}`, /^AuditData is not a JSON object/],
    [`${csvHeader}\n${csvRow('{"Id":"a"}', 'soon')}`, /^CreationDate is not a valid time/],
    ['[{"AuditData":null}]', /^AuditData is empty/],
  ] as const;
  for (const [file, reason] of cases) {
    const [item, ...more] = await itemsOf(file);
    assert.ok(item?.kind === 'reject' && more.length === 0 && reason.test(item.reason), JSON.stringify(item));
  }
});

test('what is no record says what was found and what to do', async () => {
  const [good, row] = [json('a'), csvRow(json('a'))];
  const raw = json('b', { Notes: 'a\tb' }).replace('\\t', '\t');
  const control = /^A text of the record holds a control character, .* expected it escaped, as \\t or \\n\.$/;
  const cases: [string, RegExp][] = [
    [`${good}\n${raw}\n`, control],
    [`[${good},${raw}]`, control],
    [`[${good},${raw.replace('\t', '\n')}]`, control],
    [raw, control],
    [`${csvHeader}\n${row}\n${csvRow(raw)}`, control],
    [`${good}\n${raw.replace('\t', '\n')}\n`, /^A text of the record is not closed where its line ends; .* \\n\.$/],
    ...['5', '"x"', 'null', 'true', '-1.5e3', '[5]'].map((value): [string, RegExp] => [
      `${good}\n${value}\n${good}`,
      /^The record is no JSON object; expected one\.$/,
    ]),
    [`${good}\nsome words\n`, /^This is no JSON that can be read/],
    [`${csvHeader}\n${row}\n${row}\r${row}\r${row}\n`, /^Rows end in CR alone here; expected CRLF or LF/],
    [`${csvHeader}\n${row}\n1,2,3\n`, /^The row has 3 columns; expected 4 columns as in the header\.$/],
  ];
  for (const [file, reason] of cases) {
    for (const pieces of [[], [1]]) {
      const reject = (await itemsOf(file, { pieces })).find((item) => item.kind === 'reject');
      assert.ok(reject !== undefined && reason.test(reject.reason), `${file}: ${JSON.stringify(reject)}`);
    }
  }
});

test('what gzip data holds before it breaks off goes in, and the break is a reject', async () => {
  const lines = Array.from({ length: 3000 }, (_, i) => json(`id-${i}-${Math.sin(i)}`)).join('\n');
  const packed = gzipSync(lines);
  for (const cut of [packed.length - 1, packed.length - 9, Math.floor(packed.length / 2)]) {
    const items = await itemsOf(packed.subarray(0, cut));
    const last = items.at(-1);
    assert.ok(last?.kind === 'reject' && /gzip data is cut off or damaged/.test(last.reason));
    const ids = items.slice(0, -1).map((item) => (item.kind === 'activity' ? item.activity.activityId : ''));
    assert.deepEqual(
      ids,
      Array.from(ids, (_, i) => `id-${i}-${Math.sin(i)}`),
    );
    assert.ok(cut < packed.length - 9 ? ids.length > 1000 : ids.length >= 2999, String(ids.length));
  }
  const damaged = Buffer.from(packed);
  damaged.fill(0xff, packed.length - 100, packed.length - 50);
  assert.equal((await itemsOf(damaged)).filter((item) => item.kind === 'reject').length, 1);
});

test('what follows gzip data is no silence: another member goes in, anything else is a reject', async () => {
  const [a, b] = [gzipSync(`${json('a')}\n`), gzipSync(json('b'))];
  assert.deepEqual(await outline(Buffer.concat([a, b])), ['1 a', '2 b']);
  assert.deepEqual(await outline(Buffer.concat([a, Buffer.alloc(5000), b, Buffer.alloc(9)])), ['1 a', '2 b']);
  for (const more of [Buffer.from('more'), Buffer.from(json('b')), b.subarray(0, 30), Buffer.from([0, 0, 1])]) {
    for (const pieces of [[], [1], [a.length]]) {
      assert.deepEqual(await outline(Buffer.concat([a, more]), { pieces }), ['1 a', '2 reject']);
    }
  }
});

test('gzip data that breaks off before its first record fails', async () => {
  const packed = gzipSync(json('a').repeat(3));
  for (const cut of [3, 12, 20]) {
    await assert.rejects(
      () => itemsOf(packed.subarray(0, cut)),
      (error) => error instanceof Failure && error.code === 'import_broken' && /gzip/.test(error.message),
    );
  }
});
