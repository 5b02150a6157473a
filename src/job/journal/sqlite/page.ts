import type { TenantId } from '../../../domain/ids.ts';
import type { Job } from '../../../domain/job.ts';
import type { JobRow } from '../job-row.ts';
import type { JobFilter, JobPage } from '../journal.ts';
import type { Statements } from './statements.ts';

/** Bytes of requests, outcomes and failures on one page. */
const pageBytes = 1 << 20;

/** Reads a page row by row, so that no more than its bytes are ever in memory. It holds at least one job. */
export function pageOf(
  sql: Statements,
  tenant: TenantId,
  { state, type, before, limit }: JobFilter,
  jobOf: (row: JobRow) => Job,
): JobPage {
  const rows = sql
    .of(
      `SELECT * FROM job WHERE tenant = ?1 AND number < ?2 AND (?3 IS NULL OR state = ?3) AND (?4 IS NULL OR type = ?4)
       ORDER BY number DESC LIMIT ?5`,
    )
    .iterate(tenant, before ?? Number.MAX_SAFE_INTEGER, state, type, limit + 1) as unknown as Iterable<JobRow>;
  const jobs: Job[] = [];
  let bytes = 0;
  for (const row of rows) {
    for (const text of [row.request, row.outcome, row.failure]) bytes += Buffer.byteLength(text ?? '');
    const last = jobs.at(-1);
    if (last !== undefined && (jobs.length === limit || bytes > pageBytes)) return { jobs, next: last.id };
    jobs.push(jobOf(row));
  }
  return { jobs, next: null };
}
