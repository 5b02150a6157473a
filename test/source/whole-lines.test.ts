import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { writtenTime } from '../../src/domain/period.ts';
import { activityOf, csvHeader, csvRow, itemsOf, json } from './reading.ts';

/*
 * A line that is one whole record, and a row as RFC 4180 writes it, are taken without looking at each byte. A file that
 * comes byte by byte is never read this way, since no line is there when its first byte is. Both must mean the same.
 */

const bytes = (text: string) => Buffer.from(text);
const some = (...texts: string[]) => fc.constantFrom(...texts.map(bytes));

/** Lines of JSON and what files have in their place. */
const jsonPart = fc.oneof(
  { weight: 6, arbitrary: fc.nat(9).map((i) => bytes(json(`id-${i}`, { ObjectId: `é \\ "${i}" 議` }))) },
  {
    weight: 3,
    arbitrary: some(
      `{"value":[${json('a')},${json('b')}]}`,
      `{"Id":"x","value":[${json('c')}],"CreationTime":"2026-01-01T00:00:00"}`,
      `{"value":[${json('d')}],"value":1}`,
      `{"value":2,"items":[]}`,
      `{"hits":{"hits":[{"_source":${json('e')}}]}}`,
      `[${json('f')},${json('g')}]`,
      `{"AuditData":${JSON.stringify(json('h'))}}`,
      `"${json('i').replaceAll('"', '\\"')}"`,
      '{"Id":12345678901234567890,"CreationTime":"2026-01-01T00:00:00","Operation":"x"}',
      '{}',
      '{"a":1}{"b":2}',
      'null',
    ),
  },
  {
    weight: 3,
    arbitrary: some(',', ' ', '\r', '\t', '\u0000', '\ufeff', ' ,\r', '}', ']', '{', '"', '{"Id": "broken'),
  },
  { weight: 1, arbitrary: fc.constant(Buffer.from([0xc3, 0x28, 0x81])) },
);

const csvPart = fc.oneof(
  { weight: 6, arbitrary: fc.nat(9).map((i) => bytes(csvRow(json(`id-${i}`, { ObjectId: `é "${i}" 議, ; \\` })))) },
  {
    weight: 3,
    arbitrary: some(
      csvHeader,
      'Operations,AuditData,CreationDate,UserIds',
      csvRow(JSON.stringify(JSON.parse(json('pretty')), null, 1)),
      `"${csvRow(json('q')).replaceAll('"', '""')}"`,
      `${csvRow(json('more'))},,`,
      'a,b,c,d',
      ',,,',
      '"","","",""',
      '#TYPE System.Object',
      'sep=,',
      'only one cell',
    ),
  },
  { weight: 3, arbitrary: some('"', '""', ',', ' ', '\r', 'x', '\u0000', ';', '"a"b') },
  { weight: 1, arbitrary: fc.constant(Buffer.from([0xc3, 0x28, 0x81])) },
);

const lineEnd = fc.oneof({ weight: 8, arbitrary: some('\n') }, { weight: 2, arbitrary: some('\r\n', '', '\n\n') });
const filesOf = (part: fc.Arbitrary<Buffer>, head: Buffer) =>
  fc.array(fc.tuple(part, lineEnd), { maxLength: 30 }).map((parts) => Buffer.concat([head, ...parts.flat()]));

/** Longer than what a file is recognised by: from here on its pieces reach the reader as they come. */
const long = (line: string) => `${line}\n`.repeat(Math.ceil((65 * 1024) / line.length));

for (const [kind, head, part] of [
  ['lines of JSON', bytes(long(json('first'))), jsonPart],
  ['rows of CSV', bytes(`${csvHeader}\n${long(csvRow(json('first')))}`), csvPart],
] as const) {
  test(`${kind} that are taken whole mean what they mean byte by byte, whatever stands among them`, async () => {
    const outcome = (file: Buffer, options: object) =>
      itemsOf(file, options).then(
        (items) => items.slice(-60).map((item) => (item.kind === 'activity' ? [item.line, item.activity.raw] : item)),
        (error) => [error.code, error.message],
      );
    await fc.assert(
      fc.asyncProperty(filesOf(part, head), fc.constantFrom(2 ** 20, 1000), async (file, recordBytes) => {
        const whole = await outcome(file, { recordBytes });
        const byteByByte = [head.length, ...new Array(file.length - head.length).fill(1)];
        assert.deepEqual(whole, await outcome(file, { recordBytes, pieces: byteByByte }));
        assert.deepEqual(whole, await outcome(file, { recordBytes, pieces: [head.length, 97] }));
      }),
      { numRuns: 200 },
    );
  });
}

test('a row that is too long, with a quote that is never closed, ends at the same byte in whatever pieces the file comes', async () => {
  const head = `${csvHeader}\n${csvRow(json('first'))}\n`;
  const open = 'a,b,c,"never closed';
  const rows = Array.from({ length: 8 }, (_, i) => csvRow(json(`id-${i}`)));
  const texts = [
    [open, ...rows].join('\n'),
    [...rows.slice(4), open, 'x'.repeat(700), ...rows.slice(0, 4)].join('\n'),
    [open, 'no row', 'x'.repeat(2000), ...rows, '"', ...rows].join('\n'),
    ['x'.repeat(3000), rows[0], open, 'y'.repeat(3000)].join('\n'),
  ];
  for (const text of texts) {
    // Past what a file is recognised by, so that the pieces reach the reader as they come.
    const file = `${head}${long(csvRow(json('more')))}${text}`;
    const found = async (pieces: readonly number[]) =>
      (await itemsOf(file, { recordBytes: 1000, pieces }))
        .slice(-30)
        .map((item) => (item.kind === 'activity' ? [item.line, item.activity.raw] : item));
    const whole = await found([]);
    const before = file.length - text.length;
    for (const piece of [1, 2, 3, 97, 500, 999, 1000, 1001, 1002, 1500]) {
      assert.deepEqual(
        await found([before, ...new Array(Math.ceil(text.length / piece)).fill(piece)]),
        whole,
        `${piece}`,
      );
    }
  }
});

test('a time in the usual form is the one that the rules for all forms read', async () => {
  const two = (most: number) => fc.integer({ min: 0, max: most }).map((n) => String(n).padStart(2, '0'));
  const text = fc
    .tuple(
      fc.constantFrom('1899', '1900', '1970', '2024', '2026', '2100', '2299', '2300', '202x'),
      two(13),
      two(32),
      fc.constantFrom('T', ' ', 't'),
      two(25),
      two(61),
      two(61),
      fc.constantFrom('', '.', '.5', '.123', '.1234567', '.999999999', '.1234567890', ',5', '.1x'),
      fc.constantFrom('', 'Z', 'z', ' Z', '+01:00', 'ZZ'),
    )
    .map(
      ([year, month, day, t, h, m, s, fraction, zone]) => `${year}-${month}-${day}${t}${h}:${m}:${s}${fraction}${zone}`,
    );
  await fc.assert(
    fc.asyncProperty(text, async (written) => {
      const ms = writtenTime(written)?.ms ?? null;
      const isKept = ms !== null && ms >= Date.UTC(1900, 0, 1) && ms < Date.UTC(2300, 0, 1);
      const items = await itemsOf(json('id', { CreationTime: written }));
      assert.deepEqual(
        items.map((item) => (item.kind === 'activity' ? item.activity.timeMs : null)),
        [isKept ? ms : null],
      );
    }),
    { numRuns: 2000 },
  );
  assert.equal(
    (await activityOf(json('id', { CreationTime: '2024-02-29T23:59:59.9999999Z' }))).timeMs,
    Date.UTC(2024, 2, 1) - 1,
  );
});
