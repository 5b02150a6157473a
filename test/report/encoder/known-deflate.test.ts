import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32, inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { codeFor } from '../../../src/report/deflate/huffman.ts';
import { KnownDeflate } from '../../../src/report/deflate/known-deflate.ts';
import { encodeRows } from '../../../src/report/xlsx/sheet/rows.ts';
import { encodeOnThread } from '../../../src/report/xlsx/sheet/threads.ts';
import { anyText, columns, excelMs, native, plainText, type Row, taskOf, xml } from './native-rows.ts';

const lastBlock = Buffer.of(0x03, 0x00);
const inflated = (deflated: Uint8Array) => inflateRawSync(Buffer.concat([deflated, lastBlock]));

test('no code is longer than asked for, and every code is complete', () => {
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

test('zlib inflates the text that was put: repeats near, far and long, in many streams', () => {
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

test('rows are the same XML as the simplest writer makes, wherever a piece begins and ends', () => {
  const pieces = fc.tuple(
    fc.array(
      fc.tuple(
        excelMs,
        plainText,
        anyText.map((text) => text.toWellFormed()),
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

test('many rows are written on a thread, and rows may be longer than the window', async () => {
  const many = Array.from(
    { length: 5000 },
    (_, i): Row => [1_767_225_600_000 + i * 977, `item ${i * 7919}`, `kind ${i % 7}`],
  );
  const wide = Array.from(
    { length: 90 },
    (_, i): Row => [i, `${'wide & '.repeat(4000)}${i}`, i % 2 === 0 ? '' : 'x'.repeat(20_000)],
  );
  for (const rows of [many, wide]) {
    const task = taskOf(rows, 99_000);
    const { deflated, crc } = await encodeOnThread(task);
    const text = inflated(deflated);
    assert.equal(crc, crc32(text));
    assert.equal(text.toString(), xml(rows, 99_000));
  }
});
