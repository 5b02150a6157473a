import type { FileHandle } from 'node:fs/promises';
import type { Snapshot } from '../../store/store.ts';
import type { ReportColumn } from '../columns.ts';
import { type Follow, type RowsFacts, rowsOf } from '../rows.ts';
import { Archive, type Written } from '../zip/archive.ts';
import { fixedParts, type Sheet, sheetFoot, sheetHead, summarySheet } from './parts.ts';
import { sheetAsk, sheetColumns } from './query.ts';
import { encodeOnThread } from './sheet/threads.ts';

/** Excel's limit of 1,048,576 rows a sheet, less the header. */
export const rowsPerSheet = 1_048_575;

export type Workbook = {
  readonly columns: readonly ReportColumn[];
  readonly facts: RowsFacts;
  readonly summary: readonly (readonly [label: string, value: string])[];
  readonly title: string;
  readonly cutMark: string;
  readonly rowsPerSheet: number;
  readonly timeZone: string | null;
};

/** Writes a workbook into `file` from `start` on. Throws `report_incomplete` when rows are missing or too many. */
export async function writeWorkbook(
  workbook: Workbook,
  snapshot: Snapshot,
  file: FileHandle,
  start: number,
  follow: Follow,
): Promise<Written> {
  const { columns, facts, cutMark } = workbook;
  const sheets = sheetsFor(facts.rows, workbook.rowsPerSheet);
  const archive = new Archive(file, start);
  const all = [...sheets, { name: 'Summary', rows: null }];
  for (const [name, xml] of fixedParts(all, columns.length, workbook.title)) await archive.add(name, xml);

  const ask = sheetAsk(columns, facts, workbook.timeZone);
  await using rows = new RowSource(rowsOf(snapshot, ask, facts.rows, follow));
  const task = { columns: sheetColumns(columns), cutMark };
  for (const [i, sheet] of sheets.entries()) {
    await archive.addStream(`xl/worksheets/sheet${i + 1}.xml`, async (into) => {
      await into.add(Buffer.from(sheetHead(columns, sheet.rows, i === 0)));
      // The header is row 1.
      let firstNumber = 2;
      for await (const piece of rows.take(sheet.rows)) {
        const { bytes, from, to, spent } = piece;
        const rowsTask = { ...task, bytes, from, to, firstNumber };
        await into.addBlock(() => encodeOnThread(rowsTask, spent));
        firstNumber += to - from;
      }
      await into.add(Buffer.from(sheetFoot(columns.length, sheet.rows)));
    });
  }
  await rows.expectEnd();
  await archive.add(`xl/worksheets/sheet${all.length}.xml`, summarySheet(workbook.summary, cutMark));
  return archive.close();
}

/** *Activities*, *Activities 2* …: as many as the rows need, and one when there are none. */
function sheetsFor(rows: number, most: number): (Sheet & { readonly rows: number })[] {
  const count = Math.max(1, Math.ceil(rows / most));
  return Array.from({ length: count }, (_, i) => ({
    name: i === 0 ? 'Activities' : `Activities ${i + 1}`,
    rows: Math.min(most, rows - i * most),
  }));
}

/** Rows of one piece of the stream: those from `from` to before `to`. The bytes of a spent piece are not needed again. */
type Piece = { readonly bytes: Uint8Array; readonly from: number; readonly to: number; readonly spent: boolean };

/** Hands out rows by number: a sheet may end inside a piece of the stream. */
class RowSource implements AsyncDisposable {
  readonly #pieces: AsyncIterator<{ readonly rows: number; readonly bytes: Uint8Array }>;
  #rest: Piece | null = null;

  constructor(pieces: AsyncIterable<{ readonly rows: number; readonly bytes: Uint8Array }>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** The next `rows` rows; fewer when the stream ends, which `rowsOf` reports. */
  async *take(rows: number): AsyncGenerator<Piece> {
    for (let missing = rows; missing > 0; ) {
      const piece = this.#rest ?? (await this.#next());
      if (piece === null) break;
      const to = Math.min(piece.to, piece.from + missing);
      this.#rest = to < piece.to ? { ...piece, from: to } : null;
      missing -= to - piece.from;
      yield { ...piece, to, spent: to === piece.to };
    }
  }

  /** Reads to the end, where `rowsOf` compares rows read with rows counted. */
  async expectEnd(): Promise<void> {
    while ((await this.#next()) !== null);
  }

  /** Closes the stream, wherever it is: also between two sheets. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pieces.return?.();
  }

  async #next(): Promise<Piece | null> {
    const { done, value } = await this.#pieces.next();
    return done ? null : { bytes: value.bytes, from: 0, to: value.rows, spent: true };
  }
}
