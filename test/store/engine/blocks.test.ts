import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { ChdbEngine } from '../../../src/store/engine/chdb/chdb.ts';
import { blocksOf } from '../../../src/store/engine/clickhouse/blocks.ts';
import type { Chunk } from '../../../src/store/engine/engine.ts';

const directory = mkdtempSync(join(tmpdir(), 'trailport-blocks-'));
const engine = new ChdbEngine(join(directory, 'engine'));
after(async () => {
  await engine[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

/** A column of each type that a query of the store may answer with, and those inside others. */
const columns = [
  'number',
  'toInt8(number)',
  'toFloat64(number)',
  "toDateTime64(number, 3, 'UTC')",
  "toDateTime(number, 'UTC')",
  'toDate(number)',
  "CAST(number % 2 + 1, 'Enum8(\\'microsoft365\\' = 1, \\'google (a)\\' = 2)')",
  "repeat('é', number % 90)",
  "repeat('x', number * 7)",
  "toFixedString('abc', 5)",
  'toUUID(toString(generateUUIDv4(number)))',
  'if(number % 3 = 0, NULL, toString(number))',
  'toLowCardinality(toString(number % 400))',
  'toLowCardinality(if(number % 3 = 0, NULL, toString(number % 5)))',
  'range(number % 4)',
  "arrayMap(n -> repeat('y', n), range(number % 3))",
  "[toLowCardinality('k'), toLowCardinality(toString(number))]",
  '[range(number % 2), [number]]',
  'CAST([] AS Array(LowCardinality(String)))',
];

async function native(rows: number): Promise<Chunk[]> {
  const list = columns.map((column, i) => `${column} AS c${i}`).join(', ');
  const sql = `SELECT ${list} FROM numbers(${rows})`;
  const settings = { max_block_size: 100, max_threads: 1 };
  return await Array.fromAsync(
    engine.stream({ sql, bindings: {}, format: 'Native', settings }, new AbortController().signal),
  );
}

async function* cut(bytes: Uint8Array, at: readonly number[]): AsyncGenerator<Uint8Array> {
  const places = [...at].sort((a, b) => a - b);
  for (const [i, from] of [0, ...places].entries()) yield bytes.subarray(from, places[i] ?? bytes.length);
}

test('blocks are found however their bytes are cut, and each is what the engine wrote', async () => {
  const written = await native(350);
  assert.ok(written.length > 2);
  const bytes = Buffer.concat(written.map((chunk) => chunk.bytes));
  const expected = written.map((chunk) => ({ rows: chunk.rows, bytes: Buffer.from(chunk.bytes) }));
  const found = async (places: readonly number[]) => {
    const chunks = await Array.fromAsync(blocksOf(cut(bytes, places)));
    return chunks.map((chunk) => ({ rows: chunk.rows, bytes: Buffer.from(chunk.bytes) }));
  };
  assert.deepEqual(await found([]), expected);
  assert.deepEqual(await found(Array.from({ length: bytes.length - 1 }, (_, i) => i + 1)), expected);
  const places = fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(places, async (some) => assert.deepEqual(await found(some), expected)),
    { numRuns: 50 },
  );
});

test('bytes that end inside a block, or are none, are an error', async () => {
  const [first] = await native(100);
  for (let length = 1; length < first!.bytes.length; length += 97) {
    await assert.rejects(Array.fromAsync(blocksOf(cut(first!.bytes.subarray(0, length), []))), RangeError);
  }
  const text = Buffer.from('\r\n__exception__\r\nCode: 1. DB::Exception: an error');
  const followed = Buffer.concat([first!.bytes, text]);
  const chunks: Chunk[] = [];
  await assert.rejects(async () => {
    for await (const chunk of blocksOf(cut(followed, []))) chunks.push(chunk);
  }, RangeError);
  assert.equal(chunks.length, 1);
  assert.deepEqual(await Array.fromAsync(blocksOf(cut(Buffer.alloc(0), []))), []);
});
