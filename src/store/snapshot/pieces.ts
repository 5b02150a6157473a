/** How many rows there are of one day. */
export type DayRows = readonly [day: string, rows: number];

/** A stretch of time, half open, in ms since 1970. */
export type Piece = { readonly pieceFromMs: number; readonly pieceUntilMs: number };

/** The condition of a piece, whose members are bound. It names the partition key, so nothing else is read. */
export const inPiece = `time >= fromUnixTimestamp64Milli({pieceFromMs:Int64}, 'UTC')
  AND time < fromUnixTimestamp64Milli({pieceUntilMs:Int64}, 'UTC')`;

/** A piece of months ends with the month that brings it this many rows, or with its twelfth. */
const enoughRows = 250_000;
const mostMonths = 12;
const dayMs = 86_400_000;

/**
 * A long stream of `activity` is read a few months at a time. A month is a partition, and the engine opens every
 * partition that a query touches at once, 30 MB each: fifteen months took 1.1 GB where pieces take 0.6, whatever the span.
 * `days` has every day with rows, in order.
 */
export function monthPieces(days: readonly DayRows[]): Piece[] {
  const byMonth = Map.groupBy(days, ([day]) => day.slice(0, 7));
  const pieces: Piece[] = [];
  let open: { from: string; rows: number; months: number } | null = null;
  for (const [month, its] of byMonth) {
    open ??= { from: month, rows: 0, months: 0 };
    open.rows += rowsOf(its);
    open.months++;
    if (open.rows < enoughRows && open.months < mostMonths) continue;
    pieces.push({ pieceFromMs: Date.parse(open.from), pieceUntilMs: endOfMonth(month) });
    open = null;
  }
  const last = [...byMonth.keys()].at(-1);
  if (open !== null) pieces.push({ pieceFromMs: Date.parse(open.from), pieceUntilMs: endOfMonth(last!) });
  return pieces;
}

/** Days in a row with at most `most` rows together, or one day with more. `days` has every day with rows, in order. */
export function dayPieces(days: readonly DayRows[], most: number): Piece[] {
  const pieces: { pieceFromMs: number; pieceUntilMs: number; rows: number }[] = [];
  for (const [day, rows] of days) {
    const open = pieces.at(-1);
    const startMs = Date.parse(day);
    if (open !== undefined && open.rows + rows <= most) {
      open.rows += rows;
      open.pieceUntilMs = startMs + dayMs;
    } else pieces.push({ pieceFromMs: startMs, pieceUntilMs: startMs + dayMs, rows });
  }
  return pieces.map(({ pieceFromMs, pieceUntilMs }) => ({ pieceFromMs, pieceUntilMs }));
}

function rowsOf(days: readonly DayRows[]): number {
  return days.reduce((sum, [, rows]) => sum + rows, 0);
}

/** `month` as `2026-11`. */
function endOfMonth(month: string): number {
  const [year, number] = month.split('-').map(Number) as [number, number];
  return Date.UTC(year, number);
}
