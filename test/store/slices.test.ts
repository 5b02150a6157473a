import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { slicesFor } from '../../src/store/slices.ts';

test('slices hold every month once and in order', () => {
  const months = fc.array(fc.integer({ min: 1, max: 700_000 }), { maxLength: 60 });
  fc.assert(
    fc.property(months, (counts) => {
      const slices = slicesFor(counts.map((rows, month) => [month, rows]));
      const held = slices.flatMap(({ firstMonth, lastMonth }) =>
        Array.from({ length: lastMonth - firstMonth + 1 }, (_, i) => firstMonth + i),
      );
      assert.deepEqual(
        held,
        counts.map((_, month) => month),
      );
      for (const { firstMonth, lastMonth } of slices) {
        assert.ok(lastMonth - firstMonth < 12);
      }
    }),
  );
});

test('a slice ends with the month that fills it, or with its twelfth', () => {
  assert.deepEqual(slicesFor([]), []);
  assert.deepEqual(
    slicesFor([
      [202601, 300_000],
      [202602, 10],
      [202604, 250_000],
      [202605, 1],
    ]),
    [
      { firstMonth: 202601, lastMonth: 202601 },
      { firstMonth: 202602, lastMonth: 202604 },
      { firstMonth: 202605, lastMonth: 202605 },
    ],
  );
});
