import type { FileHandle } from 'node:fs/promises';
import type { AppId, JobId, TenantId } from '../domain/ids.ts';
import type { ExportRequest, ReportFile } from '../domain/job.ts';
import type { Snapshot } from '../store/store.ts';
import type { ReportColumn } from './columns.ts';
import type { Follow, SummaryFacts } from './rows.ts';
import type { Archive } from './zip/archive.ts';
import type { FileDigest } from './zip/digest.ts';

/** What a report is made for: the question, who asked it and when, and when the store was read. */
export type ReportOrder = {
  readonly request: ExportRequest;
  readonly jobId: JobId;
  readonly tenant: TenantId;
  readonly app: AppId;
  /** Null when the app is not registered any more. */
  readonly appName: string | null;
  readonly askedAtMs: number;
  /** The report holds the state of the store at this time. */
  readonly readAtMs: number;
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
  /** The most UTF-16 units of a value that the format holds; null when it holds every value whole. */
  readonly mostUnits: number | null;
  /** Adds the report's files to the archive. */
  write(task: ReportTask, archive: Archive): Promise<ReportFile[]>;
};
