import type { ReportFile } from '../../domain/job.ts';
import { overflowName } from '../summary.ts';
import type { ReportTask, ReportWriter } from '../task.ts';
import { addLines } from '../text/lines.ts';
import type { Archive } from '../zip/archive.ts';
import { cellUnits } from './text.ts';
import { rowsPerSheet, writeWorkbook } from './xlsx.ts';

/** The default report: a workbook, and beside it the records of which a value did not fit. */
export const xlsxWriter: ReportWriter = {
  mostUnits: cellUnits,
  write: (task, archive) => writeXlsx(task, archive, rowsPerSheet),
};

/** The writer with sheets of another size, so that their boundaries can be tested small. */
export async function writeXlsx(task: ReportTask, archive: Archive, mostRows: number): Promise<ReportFile[]> {
  const { facts, file, digest } = task;
  const name = 'Activity report.xlsx';
  const place = { start: 0, end: 0 };
  await archive.addStored(name, async (start) => {
    const written = await writeWorkbook(task, mostRows, file, start);
    Object.assign(place, { start, end: written.end });
    return written;
  });
  // The file is written to disk while it is digested, so that the shelf's fsync finds little to do.
  const [sha256] = await Promise.all([digest.ofPart(place.start, place.end), file.datasync()]);
  const files: ReportFile[] = [{ name, rows: facts.rows, bytes: place.end - place.start, sha256 }];
  if (facts.cutValues > 0) files.push(await addOverflow(task, archive));
  return files;
}

async function addOverflow({ columns, facts, snapshot, follow }: ReportTask, archive: Archive): Promise<ReportFile> {
  const only = { columns: columns.map(({ name }) => name), units: cellUnits };
  // Progress has counted these rows already.
  const quiet = { onRows: () => undefined, signal: follow.signal };
  return addLines(archive, overflowName, snapshot, { format: 'lines', only }, facts.cutRows, quiet);
}
