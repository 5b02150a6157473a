import { textWidth } from '../../kit/print.ts';
import type { ReportColumn } from '../columns.ts';
import type { SheetColumn } from './sheet/columns.ts';
import { nativeBlocks } from './sheet/native.ts';

/** So many rows at the start of a report decide how wide its columns are; the same rows give the same sheet. */
export const sampledRows = 100;

/** The button of a filter covers the end of a title. */
const buttonCharacters = 4;
const timeCharacters = { seconds: 19, milliseconds: 23 };
const leastCharacters = 8;

type Piece = { readonly bytes: Uint8Array; readonly from: number; readonly to: number };

/**
 * Widths in characters: every title fits, and every sampled value up to the greatest width of its column.
 */
export function widthsFor(
  columns: readonly ReportColumn[],
  kinds: readonly SheetColumn[],
  pieces: readonly Piece[],
  milliseconds: boolean,
): number[] {
  const samples = sampleOf(kinds, pieces);
  return columns.map(({ title, width: most }, i) => {
    const time = milliseconds ? timeCharacters.milliseconds : timeCharacters.seconds;
    const usual = kinds[i]!.kind === 'time' ? time : Math.max(0, ...samples[i]!);
    return Math.max(Math.min(usual, most), textWidth(title) + buttonCharacters, leastCharacters) + 1;
  });
}

/** The lengths of the first values of each column. */
function sampleOf(kinds: readonly SheetColumn[], pieces: readonly Piece[]): number[][] {
  const samples: number[][] = kinds.map(() => []);
  let missing = sampledRows;
  for (const piece of pieces) {
    let passed = 0;
    for (const { rows, bytes, texts } of nativeBlocks(piece.bytes, kinds)) {
      const from = Math.max(0, piece.from - passed);
      const to = Math.min(rows, piece.to - passed, from + missing);
      let text = 0;
      for (const [column, { kind }] of kinds.entries()) {
        if (kind !== 'text') continue;
        const { starts, ends, indexes } = texts[text++]!;
        for (let row = from; row < to; row++) {
          const key = indexes === null ? row : indexes[row]!;
          // A cell that holds more is as wide as a column may be.
          const end = Math.min(ends[key]!, starts[key]! + 1024);
          samples[column]!.push(textWidth(Buffer.from(bytes.subarray(starts[key]!, end)).toString()));
        }
      }
      missing -= Math.max(0, to - from);
      passed += rows;
      if (missing <= 0) return samples;
    }
  }
  return samples;
}
