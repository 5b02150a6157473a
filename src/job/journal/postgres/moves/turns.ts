import type { Postgres, Querier } from '../../../../kit/postgres/postgres.ts';
import type { JobRow } from '../../job-row.ts';
import type { ClaimAsk, Which } from '../../journal.ts';

/** The conditions of the two partial indexes. */
const waiting = {
  suspect: "state = 'waiting' AND attempt >= 2",
  unsuspected: "state = 'waiting' AND attempt < 2",
} as const satisfies Record<Which, string>;

/** How often a tenant may be found whose jobs are gone by the time its lock is ours. Each time somebody else got on. */
const mostTries = 20;

/**
 * See `Journal.claim`. Whoever claims for a tenant holds its row of `tenant_turn`, so its running jobs are counted exactly;
 * tenants whose row is held are passed over, and waited for only when there is no other.
 *
 * Cost: some index look-ups for each tenant with waiting jobs, however many jobs wait.
 */
export async function claimNext(db: Postgres, ask: ClaimAsk): Promise<JobRow | null> {
  for (let tries = mostTries; tries > 0; tries--) {
    const claimed = await db.transaction(async (tx) => {
      const tenant = await tenantsTurn(tx, ask);
      return tenant === null ? null : { row: await take(tx, tenant, ask) };
    });
    if (claimed === null) return null;
    if (claimed.row !== undefined) return claimed.row;
  }
  return null;
}

/** The tenant whose turn it is, its row of `tenant_turn` locked; null when none has a job that may be taken up. */
async function tenantsTurn(tx: Querier, { type, perTenant, which }: ClaimAsk): Promise<string | null> {
  const values = [type, perTenant];
  const [free] = await tx.rows<{ tenant: string }>(tenantSql(which, 'SKIP LOCKED'), values);
  if (free !== undefined) return free.tenant;
  const [held] = await tx.rows<{ tenant: string }>(tenantSql(which, ''), values);
  return held?.tenant ?? null;
}

/** The oldest job of the app whose turn it is; undefined when the tenant has none any more, or has its share running. */
async function take(tx: Querier, tenant: string, ask: ClaimAsk): Promise<JobRow | undefined> {
  const [row] = await tx.rows<JobRow>(takeSql(ask.which), [ask.type, tenant, ask.perTenant, ask.holder, ask.nowMs]);
  return row;
}

/** $1: the type, $2: how many of a tenant's jobs may run. */
function tenantSql(which: Which, locked: 'SKIP LOCKED' | ''): string {
  return `
    WITH RECURSIVE ${queuesOf(which, 'tenant', '')}, standing AS (
      SELECT name,
        (SELECT count(*) FROM job WHERE state = 'running' AND type = $1 AND tenant = name) AS running,
        (SELECT min(id) FROM job WHERE state = 'waiting' AND type = $1 AND tenant = name) AS oldest
      FROM queue WHERE name IS NOT NULL
    )
    SELECT t.tenant FROM standing JOIN tenant_turn t ON t.type = $1 AND t.tenant = standing.name
    WHERE standing.running < $2 ORDER BY standing.running, t.served, standing.oldest
    LIMIT 1 FOR UPDATE OF t ${locked}`;
}

/** $1: the type, $2: the tenant, $3: how many of its jobs may run, $4: the holder, $5: now. */
function takeSql(which: Which): string {
  return `
    WITH RECURSIVE ${queuesOf(which, 'app', 'AND tenant = $2')}, next AS (
      SELECT name,
        (SELECT count(*) FROM job WHERE state = 'running' AND type = $1 AND tenant = $2 AND app = name) AS running,
        (SELECT coalesce(max(served), 0) FROM app_turn WHERE type = $1 AND tenant = $2 AND app = name) AS served,
        (SELECT min(id) FROM job WHERE ${waiting[which]} AND type = $1 AND tenant = $2 AND app = name) AS oldest
      FROM queue WHERE name IS NOT NULL ORDER BY running, served, oldest LIMIT 1
    ), taken AS (
      UPDATE job SET state = 'running', fence = fence + 1, attempt = attempt + 1, holder = $4, beat = 0, rows = 0,
        rows_total = NULL, percent = NULL, started_at = coalesce(started_at, $5)
      WHERE id = (SELECT oldest FROM next) AND ${waiting[which]}
        AND (SELECT count(*) FROM job WHERE state = 'running' AND type = $1 AND tenant = $2) < $3
      RETURNING *
    ), app_noted AS (
      INSERT INTO app_turn (type, tenant, app, served) SELECT type, tenant, app, nextval('turn_number') FROM taken
      ON CONFLICT (type, tenant, app) DO UPDATE SET served = excluded.served
    ), tenant_noted AS (
      UPDATE tenant_turn SET served = nextval('turn_number')
      WHERE type = $1 AND tenant = $2 AND EXISTS (SELECT 1 FROM taken)
    )
    SELECT * FROM taken`;
}

/** Steps from one queue to the next in the index instead of reading every waiting job. */
function queuesOf(which: Which, column: 'tenant' | 'app', within: string): string {
  const first = (after: string) =>
    `(SELECT ${column} FROM job WHERE ${waiting[which]} AND type = $1 ${within} ${after} ORDER BY ${column} LIMIT 1)`;
  return `queue (name) AS (
      SELECT ${first('')}
      UNION ALL
      SELECT ${first(`AND ${column} > name`)} FROM queue WHERE name IS NOT NULL
    )`;
}

/** Whether a suspect waits. */
export async function hasSuspect(db: Postgres): Promise<boolean> {
  return (await db.rows(`SELECT 1 FROM job WHERE ${waiting.suspect} LIMIT 1`)).length > 0;
}
