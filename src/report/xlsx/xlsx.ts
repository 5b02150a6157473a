import type { FileHandle } from 'node:fs/promises';
import { rowsOf } from '../rows.ts';
import { summaryOf } from '../summary.ts';
import type { ReportTask } from '../task.ts';
import { words } from '../words/words.ts';
import { Archive, type Written } from '../zip/archive.ts';
import { isTable, packageParts, type Sheet } from './parts/package.ts';
import { sheetFoot, sheetHead, tablePart } from './parts/sheet.ts';
import { styles } from './parts/styles.ts';
import { summarySheet } from './parts/summary.ts';
import { sheetAsk, sheetColumns } from './query.ts';
import { RowSource } from './row-source.ts';
import { encodeOnThread } from './sheet/threads.ts';
import { sampledRows, widthsFor } from './widths.ts';

/** Excel's limit of 1,048,576 rows a sheet, less the header. */
export const rowsPerSheet = 1_048_575;

type WorkbookTask = Pick<ReportTask, 'order' | 'columns' | 'facts' | 'snapshot' | 'follow'>;

/** Writes a workbook into `file` from `start` on. Throws `report_incomplete` when rows are missing or too many. */
export async function writeWorkbook(
  { order, columns, facts, snapshot, follow }: WorkbookTask,
  mostRows: number,
  file: FileHandle,
  start: number,
): Promise<Written> {
  const { language, timeZone } = order.request;
  const { activityReport, cutMark } = words[language];
  const sheets = sheetsFor(facts.rows, mostRows);
  const archive = new Archive(file, start);
  const all = [...sheets, { name: 'Summary', rows: null }];
  for (const [name, xml] of packageParts(all, columns.length, activityReport)) await archive.add(name, xml);
  await archive.add('xl/styles.xml', styles(facts.milliseconds));

  const kinds = sheetColumns(columns);
  await using rows = new RowSource(rowsOf(snapshot, sheetAsk(columns, facts, timeZone), facts.rows, follow));
  const widths = widthsFor(columns, kinds, await rows.peek(sampledRows), facts.milliseconds);
  const titled = columns.map(({ title }, i) => ({ title, width: widths[i]! }));
  let written = 0;
  for (const [i, sheet] of sheets.entries()) {
    await archive.addStream(`xl/worksheets/sheet${i + 1}.xml`, async (into) => {
      await into.add(Buffer.from(sheetHead(titled, sheet, i === 0)));
      // The header is row 1.
      let firstNumber = 2;
      for await (const { bytes, from, to, spent } of rows.take(sheet.rows)) {
        const task = { columns: kinds, cutMark, bytes, from, to, firstNumber };
        await into.addBlock(() => encodeOnThread(task, spent));
        firstNumber += to - from;
        written += to - from;
      }
      await into.add(Buffer.from(sheetFoot(titled, sheet, language)));
    });
    if (isTable(sheet)) await archive.add(`xl/tables/table${i + 1}.xml`, tablePart(titled, sheet, i + 1));
  }
  await rows.expectEnd();
  const summary = summaryOf(order, columns, facts, written);
  await archive.add(`xl/worksheets/sheet${all.length}.xml`, summarySheet(activityReport, summary, cutMark, language));
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
