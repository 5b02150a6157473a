import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { textColumns } from '../../src/domain/columns.ts';
import { anyText, classes } from './corpus.ts';
import type { Harness } from './harness.ts';
import { imported, type Texts } from './imported.ts';

/** Printed where something differs; the same SEED makes the same texts again. */
export const seed = Number(process.env.SEED ?? randomInt(2 ** 31));

/** Every value of every class. */
export const values = [...new Set(Object.values(classes).flat())];

/** Each value once in each column: a row holds values of many classes. */
export function placed(texts: readonly string[]): Texts[] {
  return texts.map((_, i) =>
    textsOf((name) => {
      // Item and object have the same value: a record without an item would take the name of its object.
      const place = textColumns.indexOf(name === 'object' ? 'item' : name);
      return texts[(i + place * 11) % texts.length]!;
    }),
  );
}

/** One value for each column. */
export function textsOf<T>(make: (name: keyof Texts) => T): Record<keyof Texts, T> {
  return Object.fromEntries(textColumns.map((name) => [name, make(name)])) as Record<keyof Texts, T>;
}

/** The first and last possible times, and those around the start of Excel's calendar. */
const edges = [
  '1900-01-01T00:00:00.000Z',
  '1900-02-28T23:59:59.999Z',
  '1900-03-01T00:00:00.001Z',
  '1969-12-31T23:59:59.999Z',
  '2099-12-31T23:59:59.999Z',
  '2299-12-31T23:59:59.999Z',
].map((time) => Date.parse(time));

/** The whole corpus and generated texts, imported. Five records share a time, so that their ids decide the order. */
export function wholeCorpus(harness: Harness): ReturnType<typeof imported> {
  const generated = fc.sample(fc.record(textsOf(() => anyText)), { seed, numRuns: 250 });
  return imported(harness, [...placed(values), ...generated], (i) => {
    return edges[i / 37] ?? Date.UTC(2026, 0, 1) + Math.floor(i / 5) * 61_001;
  });
}
