import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32, inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { codeFor } from '../../src/report/deflate/huffman.ts';
import { KnownDeflate } from '../../src/report/deflate/known-deflate.ts';
import type { SheetColumn } from '../../src/report/xlsx/sheet/columns.ts';
import { encodeRows } from '../../src/report/xlsx/sheet/rows.ts';
import { encodeOnThread } from '../../src/report/xlsx/sheet/threads.ts';
import { cellText, columnLetters } from '../../src/report/xlsx/text.ts';

const lastBlock = Buffer.of(0x03, 0x00);
const inflated = (deflated: Uint8Array) => inflateRawSync(Buffer.concat([deflated, lastBlock]));

test('no code is longer than asked for, and every code can be told from every other', () => {
  const fibonacci = [1, 1];
  while (fibonacci.length < 40) fibonacci.push(fibonacci.at(-1)! + fibonacci.at(-2)!);
  const frequencies = fc.oneof(
    fc.constant(fibonacci),
    fc.array(fc.integer({ min: 1, max: 2 ** 31 }), { minLength: 2, maxLength: 286 }),
  );
  fc.assert(
    fc.property(frequencies, (counts) => {
      const { bits, lengths } = codeFor(Uint32Array.from(counts), 11);
      assert.ok(lengths.every((length) => length >= 1 && length <= 11));
      // Kraft's sum: neither too many codes for the bits nor bits left over.
      assert.equal(
        lengths.reduce((sum, length) => sum + 2 ** -length, 0),
        1,
      );
      assert.equal(new Set(lengths.map((length, i) => length * 2 ** 16 + bits[i]!)).size <= counts.length, true);
    }),
  );
});

test('what was put comes out of zlib again, repeats near, far and long, stream after stream', () => {
  const deflate = new KnownDeflate();
  const word = fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 700 }), fc.integer({ min: 1, max: 80 }), fc.boolean());
  fc.assert(
    fc.property(fc.array(word, { maxLength: 30 }), (words) => {
      const expected: Uint8Array[] = [];
      for (const [bytes, times, searched] of words) {
        for (let i = 0, place = -(2 ** 30); i < times; i++) {
          deflate.reserve(bytes.length);
          expected.push(bytes);
          if (searched) {
            deflate.text.set(bytes, deflate.at);
            deflate.at += bytes.length;
            deflate.search(bytes.length);
          } else if (bytes.length < 8) {
            place = deflate.put(bytes, -(2 ** 30), 0);
          } else {
            place = deflate.put(bytes, place, 0);
          }
          deflate.pause();
        }
      }
      const text = Buffer.concat(expected);
      const { deflated, textBytes, crc } = deflate.end();
      assert.ok(inflated(deflated).equals(text));
      assert.deepEqual([textBytes, crc], [text.length, crc32(text)]);
    }),
    { numRuns: 60 },
  );
});

const columns: SheetColumn[] = [
  { kind: 'time', careMask: 0 },
  { kind: 'text', careMask: 1 },
  { kind: 'text', careMask: 2 },
];
type Row = readonly [ms: number, plain: string, any: string];

/** The engine's Native format, one block, the last column with a dictionary. */
function native(rows: readonly Row[]): Buffer {
  const size = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...size(value >>> 7)]);
  const text = (value: string) => Buffer.concat([Buffer.from(size(Buffer.byteLength(value))), Buffer.from(value)]);
  const long = (value: number) => Buffer.from(BigUint64Array.of(BigInt(value)).buffer);
  const column = (type: string, ...data: Uint8Array[]) => [text('c'), text(type), ...data];
  const keys = [...new Set(['', ...rows.map(([, , any]) => any)])];
  const indexes = Uint32Array.from(rows, ([, , any]) => keys.indexOf(any));
  const dictionary = [long(1), long(0x602), long(keys.length), ...keys.map(text), long(rows.length)];
  return Buffer.concat([
    Buffer.from([...size(4), ...size(rows.length)]),
    ...column('Float64', Buffer.from(Float64Array.from(rows, ([ms]) => ms).buffer)),
    ...column('String', ...rows.map(([, plain]) => text(plain))),
    ...column('LowCardinality(String)', ...dictionary, Buffer.from(indexes.buffer)),
    ...column('UInt32', Buffer.from(Uint32Array.from(rows, () => 2).buffer)),
  ]);
}

/** The same rows by the plainest means. */
function xml(rows: readonly Row[], firstNumber: number): string {
  const lines = rows.map((row, i) => {
    const number = firstNumber + i;
    const cells = row.map((value, column) => {
      const head = `<c r="${columnLetters(column)}${number}`;
      if (value === '') return `${head}"/>`;
      if (typeof value === 'number') {
        const days = BigInt(value) + 25_569n * 86_400_000n;
        const serial = (days * 3125n + 26n) / 27n;
        const digits = String(serial).padStart(11, '0');
        return `${head}" s="1"><v>${digits.slice(0, -10)}.${digits.slice(-10)}</v></c>`;
      }
      const { open, content } = cellText(value, '…');
      return `${head}${open}${content}</t></is></c>`;
    });
    return `<row r="${number}">${cells.join('')}</row>`;
  });
  return lines.join('');
}

const plain = fc.string({ unit: fc.constantFrom(...'aZ9 .é議😀&<>"\''), maxLength: 40 }).map((text) => text.trim());
const any = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.constantFrom('=1+1', '_x0041_', 'a'.repeat(40_000)),
);
const ms = fc.integer({ min: Date.UTC(1900, 2, 1), max: Date.UTC(2299, 0, 1) });

test('rows are what the plainest means make of them, wherever a piece begins and ends', () => {
  const pieces = fc.tuple(
    fc.array(
      fc.tuple(
        ms,
        plain,
        any.map((text) => text.toWellFormed()),
      ),
      { minLength: 1, maxLength: 60 },
    ),
    fc.nat(),
    fc.nat(),
    fc.integer({ min: 2, max: 1_048_500 }),
  );
  fc.assert(
    fc.property(pieces, ([rows, a, b, firstNumber]) => {
      const [from, to] = [a % rows.length, (b % rows.length) + 1].sort((x, y) => x - y) as [number, number];
      if (from === to) return;
      const task = { columns, cutMark: '…', bytes: native(rows), from, to, firstNumber };
      assert.equal(inflated(encodeRows(task).deflated).toString(), xml(rows.slice(from, to), firstNumber));
    }),
    { numRuns: 200 },
  );
});

test('many rows, written on a thread, and rows longer than the window', async () => {
  const many = Array.from(
    { length: 5000 },
    (_, i): Row => [1_767_225_600_000 + i * 977, `item ${i * 7919}`, `kind ${i % 7}`],
  );
  const wide = Array.from(
    { length: 90 },
    (_, i): Row => [i, `${'wide & '.repeat(4000)}${i}`, i % 2 === 0 ? '' : 'x'.repeat(20_000)],
  );
  for (const rows of [many, wide]) {
    const task = { columns, cutMark: '…', bytes: native(rows), from: 0, to: rows.length, firstNumber: 99_000 };
    const { deflated, crc } = await encodeOnThread(task);
    const text = inflated(deflated);
    assert.equal(crc, crc32(text));
    assert.equal(text.toString(), xml(rows, 99_000));
  }
});
