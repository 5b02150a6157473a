import type { ReportFile } from '../../domain/job.ts';
import { overflowName, summaryLines } from '../summary.ts';
import type { ReportTask, ReportWriter } from '../task.ts';
import { addLines } from '../text/lines.ts';
import { words } from '../words/words.ts';
import type { Archive } from '../zip/archive.ts';
import { cellUnits } from './text.ts';
import { rowsPerSheet, writeWorkbook } from './xlsx.ts';

/** The default report: a workbook, and beside it the records of which a value did not fit. */
export const xlsxWriter: ReportWriter = {
  mostUnits: cellUnits,
  write: (task, archive) => writeXlsx(task, archive, rowsPerSheet),
};

/** The writer with sheets of another size, so that their boundaries can be tested small. */
export async function writeXlsx(task: ReportTask, archive: Archive, most: number): Promise<ReportFile[]> {
  const { order, columns, facts, snapshot, file, digest, follow } = task;
  const say = words[order.request.language];
  const workbook = {
    columns,
    facts,
    summary: summaryLines(order, columns, facts),
    title: say.summary.activityReport,
    cutMark: say.cutMark,
    rowsPerSheet: most,
    timeZone: order.request.timeZone,
  };
  const name = 'Activity report.xlsx';
  const place = { start: 0, end: 0 };
  await archive.addStored(name, async (start) => {
    const written = await writeWorkbook(workbook, snapshot, file, start, follow);
    Object.assign(place, { start, end: written.end });
    return written;
  });
  // What stands is written to the disk while it is digested, so that the shelf's fsync finds little to do.
  const [sha256] = await Promise.all([digest.ofPart(place.start, place.end), file.datasync()]);
  const files: ReportFile[] = [{ name, rows: facts.rows, bytes: place.end - place.start, sha256 }];
  if (facts.cutValues > 0) files.push(await addOverflow(task, archive));
  return files;
}

async function addOverflow({ columns, facts, snapshot, follow }: ReportTask, archive: Archive): Promise<ReportFile> {
  const only = { columns: columns.map(({ name }) => name), units: cellUnits };
  // These rows were reported as written once already.
  const quiet = { onRows: () => undefined, signal: follow.signal };
  return addLines(archive, overflowName, snapshot, { format: 'lines', only }, facts.cutRows, quiet);
}
