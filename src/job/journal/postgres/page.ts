import type { TenantId } from '../../../domain/ids.ts';
import type { Querier } from '../../../kit/postgres/postgres.ts';
import { type JobRow, jobFrom } from '../job-row.ts';
import type { JobFilter, JobPage } from '../journal.ts';

/** Bytes of requests, outcomes and failures on one page. */
const pageBytes = 1 << 20;

/** A row with its place in the queue, while it waits. */
export type PlacedRow = JobRow & { readonly position: number | null };

/** What is selected of `job` for a `PlacedRow`. */
export const placed = `job.*, CASE WHEN state = 'waiting' THEN 1 + (
  SELECT count(*) FROM job ahead
  WHERE ahead.state = 'waiting' AND ahead.type = job.type AND ahead.tenant = job.tenant AND ahead.id < job.id
) END AS position`;

/** See `Journal.list`. The server counts the bytes, so that no more than a page of them is sent. */
export async function pageOf(
  db: Querier,
  tenant: TenantId,
  { state, type, before, limit }: JobFilter,
): Promise<JobPage> {
  const rows = await db.rows<PlacedRow & { readonly found: number }>(
    `WITH found AS MATERIALIZED (
       SELECT * FROM job WHERE tenant = $1 AND number < $2 AND ($3::text IS NULL OR state = $3)
         AND ($4::text IS NULL OR type = $4) ORDER BY number DESC LIMIT $5
     ), sized AS (
       SELECT id, count(*) OVER () AS found, row_number() OVER (ORDER BY number DESC) AS place,
         sum(octet_length(request) + coalesce(octet_length(outcome), 0) + coalesce(octet_length(failure), 0))
           OVER (ORDER BY number DESC) AS bytes
       FROM found
     )
     SELECT ${placed}, sized.found FROM sized JOIN job ON job.id = sized.id
     WHERE sized.place <= $6 AND (sized.place = 1 OR sized.bytes <= ${pageBytes}) ORDER BY number DESC`,
    [tenant, before ?? Number.MAX_SAFE_INTEGER, state, type, limit + 1, limit],
  );
  const jobs = rows.map((row) => jobFrom(row, row.position ?? 0));
  const last = jobs.at(-1);
  return { jobs, next: last !== undefined && (rows[0]?.found ?? 0) > jobs.length ? last.id : null };
}
