import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRecords } from '../../src/source/source.ts';
import { places, records, units } from './hostile.ts';
import { fileOf } from './reading.ts';

const limits = { recordBytes: 16 * 2 ** 20, inflatedBytes: 2 ** 30, entries: 10 };
const short = 128 * 1024;
const long = 1024 * 1024;
/** How much shorter the text is that a text's cost is compared with. */
const shorter = 8;
/** What any reading may cost besides, in microseconds: compiling, collecting garbage. */
const once = 60_000;

/** Ended by something else: only then an expression that looks for the end of the text tries every beginning. */
const repeated = (unit: string, bytes: number) => `${unit.repeat(Math.ceil(bytes / Buffer.byteLength(unit)))}x`;

/** The processor's microseconds for reading a file. */
async function cost(file: Buffer): Promise<number> {
  const before = process.cpuUsage();
  try {
    for await (const batch of readRecords(fileOf(file, [64 * 1024]), limits)) void batch;
  } catch (error) {
    if ((error as { code?: string }).code === undefined || error instanceof RangeError) throw error;
  }
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/**
 * The units whose cost grows faster than their length, in the place that `make` gives. Eight times the length may cost
 * 24 times as much: less than the square, which is 64, and more than a busy machine adds to a straight line.
 */
async function slowUnits(make: (text: string) => string, bytes: number): Promise<string[]> {
  await cost(Buffer.from(make(repeated('plain text ', bytes))));
  const slow: string[] = [];
  for (const unit of units) {
    const [small, large] = [bytes / shorter, bytes].map((length) => Buffer.from(make(repeated(unit, length)))) as [
      Buffer,
      Buffer,
    ];
    // The machine may be doing something else meanwhile: what is slow is slow three times, or takes seconds.
    const costs: string[] = [];
    let tries = 3;
    for (; tries > 0; tries--) {
      const usual = await cost(small);
      const spent = await cost(large);
      if (spent <= usual * shorter * 3 + once) break;
      costs.push(`${Math.round(usual / 1000)} and ${Math.round(spent / 1000)} ms`);
      if (spent > 3_000_000) tries = 1;
    }
    if (tries === 0) slow.push(`${JSON.stringify(unit)}: ${costs.join(', ')}`);
    // The others would be as slow.
    if (slow.length === 3) break;
  }
  return slow;
}

/** What grows with the square of a length is seen at the short one; the long one is for what begins later. */
const inFull = ['the file'];

test('a text repeated anywhere in a file is read in time proportional to its length', async (t) => {
  for (const [place, make] of Object.entries(places)) {
    const length = inFull.includes(place) ? long : short;
    await t.test(`${length} bytes as ${place}`, async () => assert.deepEqual(await slowUnits(make, length), []));
  }
});

test('a text repeated in any text of a record is read in time proportional to its length', async (t) => {
  for (const [place, make] of Object.entries(records)) {
    await t.test(place, async () => assert.deepEqual(await slowUnits((text) => String(make(text)), short), []));
  }
});
