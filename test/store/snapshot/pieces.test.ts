import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type DayRows, dayPieces, monthPieces, type Piece } from '../../../src/store/snapshot/pieces.ts';

const dayMs = 86_400_000;
const nameOf = (ms: number) => new Date(ms).toISOString().slice(0, 10);

/** Days in order, some of them missing, from before 1970 on. */
const days = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 200_000 })), { maxLength: 120 })
  .map((steps) => {
    let at = Date.UTC(1968, 5, 1);
    return steps.map(([step, rows]): DayRows => {
      at += step * dayMs;
      return [nameOf(at), rows];
    });
  });

function heldBy({ pieceFromMs, pieceUntilMs }: Piece, all: readonly DayRows[]): readonly DayRows[] {
  return all.filter(([day]) => Date.parse(day) >= pieceFromMs && Date.parse(day) < pieceUntilMs);
}

for (const [kind, piecesOf] of [
  ['months', monthPieces],
  ['days', (all: readonly DayRows[]) => dayPieces(all, 250_000)],
] as const) {
  test(`pieces of ${kind} hold every day once and in order`, () => {
    fc.assert(
      fc.property(days, (all) => {
        const pieces = piecesOf(all);
        assert.deepEqual(
          pieces.flatMap((piece) => heldBy(piece, all)),
          all,
        );
        for (const [i, { pieceFromMs }] of pieces.entries())
          assert.ok(pieceFromMs >= (pieces[i - 1]?.pieceUntilMs ?? pieceFromMs));
      }),
    );
  });
}

test('a piece of months ends with the month that fills it, or with its twelfth', () => {
  assert.deepEqual(monthPieces([]), []);
  const month = (from: string, until: string) => ({ pieceFromMs: Date.parse(from), pieceUntilMs: Date.parse(until) });
  assert.deepEqual(
    monthPieces([
      ['2026-01-05', 200_000],
      ['2026-01-31', 100_000],
      ['2026-02-03', 10],
      ['2026-04-01', 250_000],
      ['2026-12-31', 1],
    ]),
    [month('2026-01-01', '2026-02-01'), month('2026-02-01', '2026-05-01'), month('2026-12-01', '2027-01-01')],
  );
  const sparse = Array.from({ length: 25 }, (_, i): DayRows => [nameOf(Date.UTC(2024, i, 15)), 1]);
  assert.deepEqual(
    monthPieces(sparse).map((piece) => heldBy(piece, sparse).length),
    [12, 12, 1],
  );
});

test('a piece of days has at most so many rows, unless one day has more', () => {
  assert.deepEqual(dayPieces([], 10), []);
  const all: DayRows[] = [
    ['2026-01-01', 4],
    ['2026-01-03', 6],
    ['2026-01-04', 1],
    ['2026-01-05', 50],
    ['2026-01-06', 2],
  ];
  assert.deepEqual(
    dayPieces(all, 10).map((piece) => heldBy(piece, all).map(([, rows]) => rows)),
    [[4, 6], [1], [50], [2]],
  );
});
