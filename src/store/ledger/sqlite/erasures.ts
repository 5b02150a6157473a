import { randomBytes } from 'node:crypto';
import type { JobId, TenantId } from '../../../domain/ids.ts';
import { type DatabaseSync, emptyLog, migrate, type StatementSync, transaction } from '../../../kit/sqlite/sqlite.ts';
import { rulesVersion } from '../../rules/rules.ts';
import type { Erasing, Erasure, Erasures, ForgottenRule, PendingErasure, Retention } from '../erasures.ts';
import type { Stored } from '../stored.ts';

const schema = [
  `CREATE TABLE forgotten (
     write INTEGER PRIMARY KEY REFERENCES write (number),
     tenant TEXT NOT NULL,
     job INTEGER NOT NULL,
     what TEXT NOT NULL CHECK (what IN ('user', 'tenant', 'expired')),
     -- The key only while the erasure is pending, then the hash alone. Both are made by the rules of this version.
     user_key TEXT,
     user_hash TEXT,
     rules INTEGER NOT NULL,
     before INTEGER,
     arrives_before INTEGER NOT NULL,
     rows INTEGER NOT NULL,
     -- What the removal from the tables takes; null before it has begun.
     versions INTEGER,
     superseded INTEGER,
     removed INTEGER NOT NULL DEFAULT 0,
     state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'done')),
     created_at INTEGER NOT NULL
   ) STRICT`,
  'CREATE UNIQUE INDEX forgotten_job ON forgotten (tenant, job)',
  "CREATE INDEX forgotten_pending ON forgotten (tenant) WHERE state = 'pending'",
  'CREATE TABLE hash_key (half INTEGER PRIMARY KEY, value TEXT NOT NULL) STRICT',
  'CREATE TABLE retention (tenant TEXT PRIMARY KEY, days INTEGER NOT NULL, swept_at INTEGER) STRICT, WITHOUT ROWID',
];

const columns = `write, tenant, what, user_key AS userKey, user_hash AS userHash, before AS beforeMs, rows, state,
  CASE WHEN removed THEN 'ended' WHEN versions IS NULL THEN 'none' ELSE 'begun' END AS removal`;

/** The erasures of the SQLite ledger. */
export class SqliteErasures implements Erasures {
  readonly #db: DatabaseSync;
  readonly #sql: (text: string) => StatementSync;

  /** `sql` prepares a statement, each once; the ledger's own tables are there. */
  constructor(db: DatabaseSync, sql: (text: string) => StatementSync) {
    migrate(db, 'erasures', schema);
    this.#db = db;
    this.#sql = sql;
    transaction(db, () => {
      const put = db.prepare('INSERT INTO hash_key VALUES (?, ?) ON CONFLICT DO NOTHING');
      for (const half of [0, 1]) put.run(half, String(randomBytes(8).readBigUInt64LE()));
    });
  }

  async hashKey(): Promise<readonly [string, string]> {
    const [first, second] = this.#sql('SELECT value FROM hash_key ORDER BY half').all();
    return [String(first?.value), String(second?.value)];
  }

  async commit(write: number, job: JobId, erasing: Erasing, rows: number, nowMs: number): Promise<void> {
    const { what, userKey, userHash, beforeMs, arrivesBeforeMs } = erasing;
    transaction(this.#db, () => {
      const ended = this.#sql(
        "UPDATE write SET state = 'committed' WHERE number = ? AND kind = 'erase' AND state = 'open' RETURNING tenant",
      ).get(write);
      if (ended === undefined) throw new Error(`Write ${write} is no open erasure, so it cannot be committed.`);
      this.#sql(
        `INSERT INTO forgotten
           (write, tenant, job, what, user_key, user_hash, rules, before, arrives_before, rows, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ).run(write, ended.tenant!, job, what, userKey, userHash, rulesVersion, beforeMs, arrivesBeforeMs, rows, nowMs);
      this.#sql(
        `INSERT INTO tenant (name, last_write, versions, superseded) VALUES (?, ?, 0, 0)
         ON CONFLICT (name) DO UPDATE SET last_write = max(last_write, excluded.last_write)`,
      ).run(ended.tenant!, write);
    });
  }

  async ofJob(tenant: TenantId, job: JobId): Promise<Erasure | null> {
    const row = this.#sql(`SELECT ${columns} FROM forgotten WHERE tenant = ? AND job = ?`).get(tenant, job);
    return (row as Erasure | undefined) ?? null;
  }

  async pending(tenant: TenantId | null): Promise<readonly PendingErasure[]> {
    const sql = `SELECT ${columns} FROM forgotten
      WHERE state = 'pending' AND ($tenant IS NULL OR tenant = $tenant) ORDER BY write`;
    return this.#sql(sql).all({ tenant }) as unknown as PendingErasure[];
  }

  async beginRemoval(write: number, { versions, superseded }: Stored): Promise<void> {
    this.#sql('UPDATE forgotten SET versions = ?, superseded = ? WHERE write = ? AND versions IS NULL').run(
      versions,
      superseded,
      write,
    );
  }

  async endRemoval(write: number): Promise<void> {
    transaction(this.#db, () => {
      const row = this.#sql(
        `UPDATE forgotten SET removed = 1 WHERE write = ? AND versions IS NOT NULL AND NOT removed
         RETURNING tenant, versions, superseded`,
      ).get(write);
      if (row === undefined) return;
      this.#sql('UPDATE tenant SET versions = versions - ?, superseded = superseded - ? WHERE name = ?').run(
        row.versions!,
        row.superseded!,
        row.tenant!,
      );
    });
  }

  async conclude(write: number): Promise<void> {
    this.#sql("UPDATE forgotten SET state = 'done', user_key = NULL WHERE write = ?").run(write);
    // The user's key is in the log until then; another reader may put it off to the next time.
    emptyLog(this.#db);
  }

  async rules(tenant: TenantId): Promise<readonly ForgottenRule[]> {
    const sql = `SELECT user_hash AS userHash, max(arrives_before) AS beforeMs FROM forgotten
      WHERE tenant = ? GROUP BY user_hash`;
    return this.#sql(sql).all(tenant) as unknown as ForgottenRule[];
  }

  async erasedSince(tenant: TenantId, ms: number): Promise<boolean> {
    const sql = "SELECT 1 FROM forgotten WHERE tenant = ? AND created_at >= ? AND what != 'expired' LIMIT 1";
    return this.#sql(sql).get(tenant, ms) !== undefined;
  }

  async retentionOf(tenant: TenantId): Promise<number | null> {
    return (this.#sql('SELECT days FROM retention WHERE tenant = ?').get(tenant)?.days as number | undefined) ?? null;
  }

  async setRetention(tenant: TenantId, days: number | null): Promise<void> {
    if (days === null) this.#sql('DELETE FROM retention WHERE tenant = ?').run(tenant);
    else {
      this.#sql(
        `INSERT INTO retention (tenant, days) VALUES (?, ?)
         ON CONFLICT (tenant) DO UPDATE SET days = excluded.days, swept_at = NULL`,
      ).run(tenant, days);
    }
  }

  async retentions(): Promise<readonly Retention[]> {
    const sql = 'SELECT tenant, days, swept_at AS sweptAtMs FROM retention ORDER BY tenant';
    return this.#sql(sql).all() as unknown as Retention[];
  }

  async noteSwept(tenant: TenantId, nowMs: number): Promise<void> {
    this.#sql('UPDATE retention SET swept_at = ? WHERE tenant = ?').run(nowMs, tenant);
  }
}
