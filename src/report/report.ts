import type { FileHandle } from 'node:fs/promises';
import type { ReportFormat } from '../domain/columns.ts';
import type { ReportFile } from '../domain/job.ts';
import type { Snapshot } from '../store/store.ts';
import { type ReportColumn, reportColumns } from './columns.ts';
import { manifest } from './manifest.ts';
import { notesFor } from './notes.ts';
import { parquetWriter } from './parquet/parquet.ts';
import { type Follow, rowsFacts, type SummaryFacts } from './rows.ts';
import type { ReportOrder, ReportWriter } from './task.ts';
import { csvWriter } from './text/csv.ts';
import { jsonlWriter } from './text/jsonl.ts';
import { xlsxWriter } from './xlsx/workbook-report.ts';
import { Archive } from './zip/archive.ts';
import { FileDigest } from './zip/digest.ts';

const writers = {
  xlsx: xlsxWriter,
  csv: csvWriter,
  jsonl: jsonlWriter,
  parquet: parquetWriter,
} as const satisfies Record<ReportFormat, ReportWriter>;

/**
 * Writes a whole report, one ZIP, into an empty file opened for reading and writing; does not fsync or rename it.
 * Returns size and SHA-256 (hex) of the ZIP and of the files in it except the manifest. Throws `report_incomplete` when
 * rows written differ from the snapshot's count, the file system's own errors (ENOSPC), and what the store throws.
 */
export async function writeReport(
  order: ReportOrder,
  snapshot: Snapshot,
  file: FileHandle,
  follow: Follow,
): Promise<{ bytes: number; sha256: string; rows: number; files: ReportFile[]; notes: string[] }> {
  const writer: ReportWriter = writers[order.request.format];
  const columns = reportColumns(order.request);
  const facts = await summaryFacts(writer, columns, snapshot);
  const archive = new Archive(file);
  const digest = new FileDigest(file);
  const files = await writer.write({ order, columns, facts, snapshot, file, digest, follow }, archive);
  await archive.add('manifest.json', manifest(order, facts, files));
  const { end } = await archive.close();
  return { bytes: end, sha256: await digest.ofWhole(end), rows: facts.rows, files, notes: notesFor(order, facts) };
}

/** The Summary lists the most frequent activities and the latest days. */
const mostActivities = 25;
const mostDays = 366;

async function summaryFacts(
  writer: ReportWriter,
  columns: readonly ReportColumn[],
  snapshot: Snapshot,
): Promise<SummaryFacts> {
  const byActivity = await snapshot.countsBy('activity', mostActivities);
  const byDay = await snapshot.countsBy('day', mostDays);
  const facts = { ...rowsFacts(snapshot), byActivity, byDay };
  if (writer.mostUnits === null) return { ...facts, cutValues: 0, cutRows: 0 };
  const long = { columns: columns.map(({ name }) => name), units: writer.mostUnits };
  const { values, rows } = await snapshot.countLong(long);
  return { ...facts, cutValues: values, cutRows: rows };
}
