import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRecords } from '../../src/source/source.ts';
import { places, records, units } from './hostile.ts';
import { fileOf } from './reading.ts';

const limits = { recordBytes: 16 * 2 ** 20, inflatedBytes: 2 ** 30, entries: 10 };
const short = 128 * 1024;
const long = 1024 * 1024;
/** Microseconds that an item and a line may cost besides their bytes, and what any reading may cost at first. */
const perItem = 60;
const perLine = 4;
const once = 60_000;

/** Ended by something else: only then an expression that looks for the end of the text tries every beginning. */
const repeated = (unit: string, bytes: number) => `${unit.repeat(Math.ceil(bytes / Buffer.byteLength(unit)))}x`;

/** The processor's microseconds for reading a file, and how many items came out. */
async function cost(file: Buffer): Promise<{ spent: number; items: number }> {
  const before = process.cpuUsage();
  let items = 0;
  try {
    for await (const batch of readRecords(fileOf(file, [64 * 1024]), limits)) items += batch.length;
  } catch (error) {
    if ((error as { code?: string }).code === undefined || error instanceof RangeError) throw error;
  }
  const { user, system } = process.cpuUsage(before);
  return { spent: user + system, items };
}

/** The units whose reading costs more than three times plain text of the same length, in the place that `make` gives. */
async function slowUnits(make: (text: string) => string, bytes: number): Promise<string[]> {
  const plain = Buffer.from(make(repeated('plain text ', bytes)));
  await cost(plain);
  const usual = Math.max((await cost(plain)).spent, (await cost(plain)).spent);
  const slow: string[] = [];
  for (const unit of units) {
    const file = Buffer.from(make(repeated(unit, bytes)));
    const lines = unit.includes('\n') ? file.length / unit.length : 0;
    const allowed = (usual * 3 * file.length) / plain.length + once + lines * perLine;
    // The processor may be doing something else meanwhile: what is slow is slow three times.
    let spent = Number.POSITIVE_INFINITY;
    let most = 0;
    for (let i = 0; i < 3 && spent > most; i++) {
      const { spent: now, items } = await cost(file);
      spent = Math.min(spent, now);
      most = allowed + Math.min(items, 12_000) * perItem;
    }
    if (spent > most)
      slow.push(`${JSON.stringify(unit)}: ${Math.round(spent / 1000)} ms of ${Math.round(most / 1000)}`);
  }
  return slow;
}

/** What grows with the square of a length is seen at the short one; the long one is for what begins later. */
const inFull = ['the file', 'a list', 'rows of a table', 'an open cell'];

test('a text repeated anywhere in a file is read in the time of plain text', async (t) => {
  for (const [place, make] of Object.entries(places)) {
    for (const length of inFull.includes(place) ? [short, long] : [short]) {
      await t.test(`${length} bytes as ${place}`, async () => assert.deepEqual(await slowUnits(make, length), []));
    }
  }
});

test('a text repeated in any text of a record is read in the time of plain text', async (t) => {
  for (const [place, make] of Object.entries(records)) {
    await t.test(place, async () => assert.deepEqual(await slowUnits((text) => String(make(text)), short), []));
  }
});
