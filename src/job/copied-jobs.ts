import { installation } from '../domain/ids.ts';
import type { FileRef } from '../files/files.ts';
import { openSqlite } from '../kit/sqlite/sqlite.ts';
import { openJournal } from './journal/open.ts';
import { filesOf } from './work/work.ts';

/**
 * Makes a copy of the job database ready for the service that will use it: jobs about the installation itself, such as the
 * backup that copies it, do not start again there. Returns the files that its jobs need.
 */
export async function prepareCopiedJobs(
  path: string,
  busyTimeoutMs: number,
  nowMs: number,
): Promise<readonly FileRef[]> {
  const db = openSqlite(path, busyTimeoutMs);
  try {
    const journal = await openJournal({ kind: 'sqlite', db });
    for (const state of ['waiting', 'running'] as const) {
      const { jobs } = await journal.list(installation, { state, type: null, before: null, limit: 1000 });
      for (const { key } of jobs) await journal.cancel(key, state, nowMs);
    }
    const files: FileRef[] = [];
    for await (const job of journal.withFiles()) files.push(...filesOf(job));
    return files;
  } finally {
    db.close();
  }
}
