import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { crc32, inflateRawSync } from 'node:zlib';
import { KnownDeflate, noPosition, windowBytes } from '../../../src/report/deflate/known-deflate.ts';

const seed = Number(process.env.SEED ?? randomInt(2 ** 31));
const lastBlock = Buffer.of(0x03, 0x00);

/** Random numbers from the seed (mulberry32). */
function numbers(from: number): (below: number) => number {
  let state = from;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** Random bytes are emitted as literals. */
function putRandom(deflate: KnownDeflate, length: number, next: (below: number) => number): number {
  deflate.reserve(length);
  const position = deflate.base + deflate.at;
  for (let i = 0; i < length; i++) deflate.text[deflate.at + i] = next(256);
  deflate.at += length;
  deflate.literal(length);
  return position;
}

/** Ends the stream and compares it with its text, which must still be whole: fewer bytes than a block. */
function endsAs(deflate: KnownDeflate, text: Uint8Array, what: string): void {
  const { deflated, textBytes, crc } = deflate.end();
  assert.ok(inflateRawSync(Buffer.concat([deflated, lastBlock])).equals(text), `${what}, seed ${seed}`);
  assert.deepEqual([textBytes, crc], [text.length, crc32(text)], what);
}

test('every length of a match is inflated as it was, at every symbol and at the borders of 258', () => {
  const next = numbers(seed);
  const deflate = new KnownDeflate();
  for (let length = 3; length <= 1100; length++) {
    const position = putRandom(deflate, length + 8, next);
    deflate.reserve(length);
    deflate.repeat(length, position);
    endsAs(deflate, deflate.text.slice(0, deflate.at), `length ${length}`);
  }
});

test('a repeat at the window border is a match at 32,768 bytes and literals at 32,769', () => {
  const next = numbers(seed);
  const deflate = new KnownDeflate();
  const value = Uint8Array.from({ length: 300 }, () => next(256));
  const sizes = [-2, -1, 0, 1, 2].map((beyond) => {
    const first = deflate.put(value, noPosition, 0);
    putRandom(deflate, windowBytes - value.length + beyond, next);
    deflate.reserve(value.length);
    deflate.put(value, first, 0);
    const text = deflate.text.slice(0, deflate.at);
    const { deflated } = deflate.end();
    assert.ok(inflateRawSync(Buffer.concat([deflated, lastBlock])).equals(text), `seed ${seed}`);
    return deflated.length;
  });
  // Three hundred random bytes more or less.
  assert.ok(sizes[2]! + 200 < sizes[3]!, `${sizes}`);
});

test('every distance symbol and its borders are inflated as they were', () => {
  const next = numbers(seed);
  const deflate = new KnownDeflate();
  const distances = Array.from({ length: 15 }, (_, i) => 2 ** i).flatMap((power) => [power, power * 1.5, power * 2]);
  for (const border of new Set(distances)) {
    for (const distance of [border - 1, border, border + 1].map(Math.floor)) {
      if (distance < 8 || distance > windowBytes) continue;
      const position = putRandom(deflate, distance, next);
      deflate.reserve(8);
      deflate.repeat(Math.min(distance, 8), position);
      endsAs(deflate, deflate.text.slice(0, deflate.at), `distance ${distance}`);
    }
  }
});

test('searched text with short distances and overlapping matches is inflated as it was', () => {
  const next = numbers(seed);
  const deflate = new KnownDeflate();
  for (let i = 0; i < 300; i++) {
    const period = 1 + next(12);
    const letters = Uint8Array.from({ length: period }, () => 97 + next(3));
    const length = next(3000);
    deflate.reserve(length);
    for (let j = 0; j < length; j++) deflate.text[deflate.at + j] = letters[j % period]!;
    deflate.at += length;
    assert.ok(deflate.search(length) <= length);
    endsAs(deflate, deflate.text.slice(0, deflate.at), `period ${period}, length ${length}`);
  }
});

test('text longer than many blocks and buffers that grow are inflated as they were, mixed in every way', () => {
  const next = numbers(seed);
  const deflate = new KnownDeflate();
  for (let stream = 0; stream < 3; stream++) {
    const expected: Buffer[] = [];
    const values = Array.from({ length: 40 }, () => {
      const length = next(20) === 0 ? 20_000 + next(2_000_000) : 8 + next(400);
      return { bytes: Uint8Array.from({ length }, () => 32 + next(next(2) === 0 ? 224 : 4)), position: noPosition };
    });
    for (let bytes = 0; bytes < 12_000_000; ) {
      const value = values[next(next(10) === 0 ? values.length : 5)]!;
      const length = value.bytes.length;
      deflate.reserve(length);
      const way = next(3);
      const { at } = deflate;
      if (way === 0) value.position = deflate.put(value.bytes, value.position, 0);
      else {
        deflate.text.set(value.bytes, at);
        if (way === 1) value.position = deflate.matchPrefix(length, value.position);
        else {
          value.position = deflate.base + at;
          deflate.at += length;
          deflate.search(length);
        }
      }
      expected.push(Buffer.from(value.bytes));
      bytes += length;
      deflate.pause();
    }
    endsAs(deflate, Buffer.concat(expected), `stream ${stream}`);
  }
});
