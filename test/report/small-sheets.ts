import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TenantId } from '../../src/domain/ids.ts';
import type { ExportRequest } from '../../src/domain/job.ts';
import { reportColumns } from '../../src/report/columns.ts';
import { rowsFacts } from '../../src/report/rows.ts';
import { writeXlsx } from '../../src/report/xlsx/workbook-report.ts';
import { Archive } from '../../src/report/zip/archive.ts';
import { FileDigest } from '../../src/report/zip/digest.ts';
import type { Snapshot } from '../../src/store/store.ts';
import { type Harness, orderFor } from './harness.ts';
import { entriesOf } from './readers.ts';

/** What a test puts between the writer and its snapshot or file. */
export type Given = {
  readonly snapshot: (snapshot: Snapshot) => Snapshot;
  readonly file: (file: FileHandle) => FileHandle;
};

/** A workbook whose sheets end after `rowsPerSheet` rows: the boundary of a million, made small. */
export async function workbookOfSmallSheets(
  harness: Harness,
  tenant: TenantId,
  rowsPerSheet: number,
  over: Partial<ExportRequest> = {},
  given: Given = { snapshot: (one) => one, file: (one) => one },
): Promise<Buffer> {
  const order = orderFor(tenant, 'xlsx', over);
  const snapshot = given.snapshot(await harness.snapshot(tenant, over));
  const facts = {
    ...rowsFacts(snapshot),
    cutValues: 0,
    cutRows: 0,
    byActivity: await snapshot.countsBy('activity', 5),
    byDay: await snapshot.countsBy('day', 5),
  };
  const columns = reportColumns(order.request);
  const path = join(harness.directory, `sheets-${tenant}-${rowsPerSheet}.zip`);
  await rm(path, { force: true });
  const opened = await open(path, 'wx+');
  try {
    const file = given.file(opened);
    const archive = new Archive(file);
    const follow = { onRows: () => undefined, signal: new AbortController().signal };
    const task = { order, columns, facts, snapshot, file, digest: new FileDigest(file), follow };
    await writeXlsx(task, archive, rowsPerSheet);
    await archive.close();
    return (await entriesOf(path)).get('Activity report.xlsx')!.bytes;
  } finally {
    await opened.close();
  }
}
