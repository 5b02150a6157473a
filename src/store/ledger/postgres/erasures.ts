import { randomBytes } from 'node:crypto';
import type { JobId, TenantId } from '../../../domain/ids.ts';
import type { Postgres } from '../../../kit/postgres/postgres.ts';
import { rulesVersion } from '../../rules/rules.ts';
import type { Erasing, Erasure, Erasures, ForgottenRule, PendingErasure, Retention } from '../erasures.ts';
import type { Stored } from '../stored.ts';

const columns = `write, tenant, what, user_key AS "userKey", user_hash AS "userHash", before AS "beforeMs", rows, state,
  CASE WHEN removed THEN 'ended' WHEN versions IS NULL THEN 'none' ELSE 'begun' END AS removal`;

/** The erasures of the PostgreSQL ledger. */
export class PostgresErasures implements Erasures {
  readonly #db: Postgres;

  constructor(db: Postgres) {
    this.#db = db;
  }

  /** Makes the key of the hashes where it is not there. */
  async makeHashKey(): Promise<void> {
    const values = [0, 1].map(() => String(randomBytes(8).readBigUInt64LE()));
    // One statement: of several processes, one makes both halves.
    await this.#db.rows('INSERT INTO ledger.hash_key VALUES (0, $1), (1, $2) ON CONFLICT DO NOTHING', values);
  }

  async hashKey(): Promise<readonly [string, string]> {
    const rows = await this.#db.rows<{ value: string }>('SELECT value FROM ledger.hash_key ORDER BY half');
    return [rows[0]!.value, rows[1]!.value];
  }

  async commit(write: number, job: JobId, erasing: Erasing, rows: number, nowMs: number): Promise<void> {
    const { what, userKey, userHash, beforeMs, arrivesBeforeMs } = erasing;
    await this.#db.transaction(async (tx) => {
      const [ended] = await tx.rows<{ tenant: string }>(
        `UPDATE ledger.write SET state = 'committed' WHERE number = $1 AND kind = 'erase' AND state = 'open'
         RETURNING tenant`,
        [write],
      );
      if (ended === undefined) throw new Error(`Write ${write} is no open erasure, so it cannot be committed.`);
      await tx.rows(
        `INSERT INTO ledger.forgotten
           (write, tenant, job, what, user_key, user_hash, rules, before, arrives_before, rows, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
        [write, ended.tenant, job, what, userKey, userHash, rulesVersion, beforeMs, arrivesBeforeMs, rows, nowMs],
      );
      await tx.rows(
        `INSERT INTO ledger.tenant AS known (name, last_write, versions, superseded) VALUES ($1, $2, 0, 0)
         ON CONFLICT (name) DO UPDATE SET last_write = greatest(known.last_write, excluded.last_write)`,
        [ended.tenant, write],
      );
    });
  }

  async ofJob(tenant: TenantId, job: JobId): Promise<Erasure | null> {
    const sql = `SELECT ${columns} FROM ledger.forgotten WHERE tenant = $1 AND job = $2`;
    return (await this.#db.rows<Erasure>(sql, [tenant, job]))[0] ?? null;
  }

  pending(tenant: TenantId | null): Promise<readonly PendingErasure[]> {
    const sql = `SELECT ${columns} FROM ledger.forgotten
      WHERE state = 'pending' AND ($1::text IS NULL OR tenant = $1) ORDER BY write`;
    return this.#db.rows<PendingErasure>(sql, [tenant]);
  }

  async beginRemoval(write: number, { versions, superseded }: Stored): Promise<void> {
    const sql = 'UPDATE ledger.forgotten SET versions = $2, superseded = $3 WHERE write = $1 AND versions IS NULL';
    await this.#db.rows(sql, [write, versions, superseded]);
  }

  async endRemoval(write: number): Promise<void> {
    await this.#db.rows(
      `WITH ended AS (
         UPDATE ledger.forgotten SET removed = true WHERE write = $1 AND versions IS NOT NULL AND NOT removed
         RETURNING tenant, versions, superseded
       )
       UPDATE ledger.tenant SET versions = tenant.versions - ended.versions,
         superseded = tenant.superseded - ended.superseded
       FROM ended WHERE tenant.name = ended.tenant`,
      [write],
    );
  }

  /** What the row held before stays in the files of the database until it vacuums the table. */
  async conclude(write: number): Promise<void> {
    await this.#db.rows("UPDATE ledger.forgotten SET state = 'done', user_key = NULL WHERE write = $1", [write]);
  }

  rules(tenant: TenantId): Promise<readonly ForgottenRule[]> {
    const sql = `SELECT user_hash AS "userHash", max(arrives_before) AS "beforeMs" FROM ledger.forgotten
      WHERE tenant = $1 GROUP BY user_hash`;
    return this.#db.rows<ForgottenRule>(sql, [tenant]);
  }

  async erasedSince(tenant: TenantId, ms: number): Promise<boolean> {
    const sql = "SELECT 1 FROM ledger.forgotten WHERE tenant = $1 AND created_at >= $2 AND what != 'expired' LIMIT 1";
    return (await this.#db.rows(sql, [tenant, ms])).length > 0;
  }

  async retentionOf(tenant: TenantId): Promise<number | null> {
    const sql = 'SELECT days FROM ledger.retention WHERE tenant = $1';
    return (await this.#db.rows<{ days: number }>(sql, [tenant]))[0]?.days ?? null;
  }

  async setRetention(tenant: TenantId, days: number | null): Promise<void> {
    if (days === null) await this.#db.rows('DELETE FROM ledger.retention WHERE tenant = $1', [tenant]);
    else {
      await this.#db.rows(
        `INSERT INTO ledger.retention (tenant, days) VALUES ($1, $2)
         ON CONFLICT (tenant) DO UPDATE SET days = excluded.days, swept_at = NULL`,
        [tenant, days],
      );
    }
  }

  retentions(): Promise<readonly Retention[]> {
    const sql = 'SELECT tenant, days, swept_at AS "sweptAtMs" FROM ledger.retention ORDER BY tenant';
    return this.#db.rows<Retention>(sql);
  }

  async noteSwept(tenant: TenantId, nowMs: number): Promise<void> {
    await this.#db.rows('UPDATE ledger.retention SET swept_at = $2 WHERE tenant = $1', [tenant, nowMs]);
  }
}
