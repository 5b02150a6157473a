import type { FileHandle } from 'node:fs/promises';
import type { ReportFormat } from '../domain/columns.ts';
import type { AppId, JobId, TenantId } from '../domain/ids.ts';
import type { ExportRequest, ReportFile } from '../domain/job.ts';
import type { Snapshot } from '../store/store.ts';
import { Archive } from './archive.ts';
import { type ReportColumn, reportColumns } from './columns.ts';
import { csvWriter } from './csv.ts';
import { FileDigest } from './digest.ts';
import { jsonlWriter } from './jsonl.ts';
import { manifest } from './manifest.ts';
import { parquetWriter } from './parquet.ts';
import { type Follow, mayBeLong, rowsFacts } from './rows.ts';
import type { SummaryFacts } from './summary.ts';
import { xlsxWriter } from './xlsx-report.ts';

/** What a report is made for: the question, and who asked it and when. */
export type ReportOrder = {
  readonly request: ExportRequest;
  readonly jobId: JobId;
  readonly tenant: TenantId;
  readonly app: AppId;
  readonly askedAtMs: number;
};

/** What every writer gets. */
export type ReportTask = {
  readonly order: ReportOrder;
  readonly columns: readonly ReportColumn[];
  readonly facts: SummaryFacts;
  readonly snapshot: Snapshot;
  readonly file: FileHandle;
  readonly digest: FileDigest;
  readonly follow: Follow;
};

export type ReportWriter = {
  /** How many values the format cannot hold whole, as an aggregate of the engine; null when it holds every value. */
  readonly valuesCut: ((columns: readonly ReportColumn[]) => string) | null;
  /** Adds the report's files to the archive. */
  write(task: ReportTask, archive: Archive): Promise<ReportFile[]>;
};

const writers = {
  xlsx: xlsxWriter,
  csv: csvWriter,
  jsonl: jsonlWriter,
  parquet: parquetWriter,
} as const satisfies Record<ReportFormat, ReportWriter>;

/**
 * Writes a whole report, one ZIP, into an empty file opened for reading and writing; neither fsyncs nor renames it.
 * Answers with its size and SHA-256 (hex) and those of the files in it, the manifest's aside. Throws `report_incomplete`
 * when rows written differ from the snapshot's count, `disk_full`, and what the store throws.
 */
export async function writeReport(
  order: ReportOrder,
  snapshot: Snapshot,
  file: FileHandle,
  follow: Follow,
): Promise<{ bytes: number; sha256: string; rows: number; files: ReportFile[] }> {
  const writer: ReportWriter = writers[order.request.format];
  const columns = reportColumns(order.request);
  const facts = await summaryFacts(writer, columns, snapshot);
  const archive = new Archive(file);
  const digest = new FileDigest(file);
  const files = await writer.write({ order, columns, facts, snapshot, file, digest, follow }, archive);
  await archive.add('manifest.json', manifest(order, facts, files));
  const { end } = await archive.close();
  return { bytes: end, sha256: await digest.ofWhole(end), rows: facts.rows, files };
}

async function summaryFacts(writer: ReportWriter, columns: readonly ReportColumn[], snapshot: Snapshot) {
  const facts = await rowsFacts(snapshot);
  if (writer.valuesCut === null || !mayBeLong(facts)) return { ...facts, cutValues: 0 };
  const { cutValues = 0 } = await snapshot.aggregate({ cutValues: writer.valuesCut(columns) });
  return { ...facts, cutValues };
}
