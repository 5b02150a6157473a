import type { JobId, TenantId } from '../../../domain/ids.ts';
import { migratePostgres } from '../../../kit/postgres/migrate.ts';
import type { Postgres } from '../../../kit/postgres/postgres.ts';
import type { Moment } from '../../moment.ts';
import type { Adopted, Ledger, OpenWrite, Removal, Stored, WriteAsk, WriteKind, Written } from '../ledger.ts';
import { PostgresErasures } from './erasures.ts';
import { ledgerSchema } from './schema.ts';

type WriteRow = {
  readonly number: number;
  readonly tenant: string;
  readonly kind: WriteKind;
  readonly import_id: number | null;
  readonly holder: string | null;
  readonly session: string | null;
};

/** The ledger in a PostgreSQL database, which any number of processes use. The pool belongs to who gives it. */
export class PostgresLedger implements Ledger {
  readonly #db: Postgres;
  readonly erasures: PostgresErasures;

  private constructor(db: Postgres) {
    this.#db = db;
    this.erasures = new PostgresErasures(db);
  }

  static async open(db: Postgres): Promise<PostgresLedger> {
    await migratePostgres(db, 'ledger', ledgerSchema);
    const ledger = new PostgresLedger(db);
    await ledger.erasures.makeHashKey();
    return ledger;
  }

  /** The name of this list of writes, the same for ever. */
  async identity(): Promise<string> {
    const [row] = await this.#db.rows<{ id: string }>('SELECT id FROM ledger.identity');
    return row!.id;
  }

  async lastNumber(): Promise<number> {
    const sql = "SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence('ledger.write', 'number')), 0) AS last";
    const [row] = await this.#db.rows<{ last: number }>(sql);
    return row!.last;
  }

  async begin(ask: WriteAsk): Promise<OpenWrite | null> {
    const { tenant, kind, importId, holder, session } = ask;
    const [row] = await this.#db.rows<{ number: number }>(
      `INSERT INTO ledger.write (tenant, kind, import_id, holder, session) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (tenant) WHERE state = 'open' DO NOTHING RETURNING number`,
      [tenant, kind, importId, holder, session],
    );
    return row === undefined ? null : { ...ask, write: row.number };
  }

  async commit(write: number, { added, replaced }: Written): Promise<void> {
    await this.#db.transaction(async (tx) => {
      const [row] = await tx.rows<{ tenant: string; import_id: number | null }>(
        `UPDATE ledger.write SET state = 'committed', added = $2, replaced = $3 WHERE number = $1 AND state = 'open'
         RETURNING tenant, import_id`,
        [write, added, replaced],
      );
      if (row === undefined) throw new Error(`Write ${write} is not open, so it cannot be committed.`);
      await tx.rows(
        `INSERT INTO ledger.tenant AS known (name, last_write, versions, superseded) VALUES ($1, $2, $3, $4)
         ON CONFLICT (name) DO UPDATE SET last_write = greatest(known.last_write, excluded.last_write),
           versions = known.versions + excluded.versions, superseded = known.superseded + excluded.superseded`,
        [row.tenant, write, added, replaced],
      );
      if (row.import_id === null) return;
      await tx.rows(
        `INSERT INTO ledger.import AS known (tenant, id, added) VALUES ($1, $2, $3)
         ON CONFLICT (tenant, id) DO UPDATE SET added = known.added + excluded.added`,
        [row.tenant, row.import_id, added - replaced],
      );
    });
  }

  async abort(write: number): Promise<void> {
    await this.#db.rows("UPDATE ledger.write SET state = 'aborted' WHERE number = $1 AND state = 'open'", [write]);
  }

  async openWrites(tenant: TenantId | null): Promise<readonly OpenWrite[]> {
    const rows = await this.#db.rows<WriteRow>(
      `SELECT number, tenant, kind, import_id, holder, session FROM ledger.write
       WHERE state = 'open' AND ($1::text IS NULL OR tenant = $1) ORDER BY number`,
      [tenant],
    );
    return rows.map(({ number, import_id, ...row }) => ({
      ...row,
      write: number,
      tenant: row.tenant as TenantId,
      importId: import_id as JobId | null,
    }));
  }

  async moment(tenant: TenantId): Promise<Moment> {
    // One statement, so one moment: an erasure that is concluded meanwhile is in it, or its rows are gone.
    const rows = await this.#db.rows<{ last: number; superseded: number } & Exclusion>(
      `SELECT known.last_write AS last, known.superseded, f.write, f.user_key, f.before FROM ledger.tenant AS known
       LEFT JOIN ledger.forgotten AS f
         ON f.tenant = known.name AND f.state = 'pending' AND f.write <= known.last_write
       WHERE known.name = $1 ORDER BY f.write`,
      [tenant],
    );
    const [first] = rows;
    if (first === undefined) return { write: 0, replaced: false, exclusions: [] };
    return {
      write: first.last,
      replaced: first.superseded > 0,
      exclusions: rows.flatMap(({ write, user_key, before }) =>
        write === null ? [] : [{ write, userKey: user_key, beforeMs: before }],
      ),
    };
  }

  async addedBy(tenant: TenantId, importId: JobId): Promise<number> {
    const sql = 'SELECT added FROM ledger.import WHERE tenant = $1 AND id = $2';
    return (await this.#db.rows<{ added: number }>(sql, [tenant, importId]))[0]?.added ?? 0;
  }

  async stored(): Promise<Stored> {
    const [row] = await this.#db.rows<Stored>(
      `SELECT coalesce(sum(versions), 0)::bigint AS versions, coalesce(sum(superseded), 0)::bigint AS superseded
       FROM ledger.tenant`,
    );
    return row!;
  }

  async beginRemoval(removal: Omit<Removal, 'number'>): Promise<Removal> {
    const { tenant, upTo, stored } = removal;
    const [row] = await this.#db.rows<{ number: number }>(
      `INSERT INTO ledger.removal (tenant, up_to, versions, superseded) VALUES ($1, $2, $3, $4) RETURNING number`,
      [tenant, upTo, stored.versions, stored.superseded],
    );
    return { ...removal, number: row!.number };
  }

  async endRemoval(number: number): Promise<void> {
    await this.#db.rows(
      `WITH ended AS (DELETE FROM ledger.removal WHERE number = $1 RETURNING tenant, versions, superseded)
       UPDATE ledger.tenant SET versions = tenant.versions - ended.versions,
         superseded = tenant.superseded - ended.superseded
       FROM ended WHERE tenant.name = ended.tenant`,
      [number],
    );
  }

  async openRemovals(tenant: TenantId | null): Promise<readonly Removal[]> {
    const rows = await this.#db.rows<{ number: number; tenant: string; up_to: number } & Stored>(
      `SELECT number, tenant, up_to, versions, superseded FROM ledger.removal
       WHERE $1::text IS NULL OR tenant = $1 ORDER BY number`,
      [tenant],
    );
    return rows.map(({ number, tenant: of, up_to, versions, superseded }) => ({
      number,
      tenant: of as TenantId,
      upTo: up_to,
      stored: { versions, superseded },
    }));
  }

  async adopt({ lastWrite, tenants, imports }: Adopted): Promise<void> {
    await this.#db.transaction(async (tx) => {
      await tx.rows('DELETE FROM ledger.tenant');
      await tx.rows('DELETE FROM ledger.import');
      const sequence = "pg_get_serial_sequence('ledger.write', 'number')";
      if (lastWrite > 0) {
        await tx.rows(`SELECT setval(${sequence}, greatest($1, pg_sequence_last_value(${sequence})))`, [lastWrite]);
      }
      for (const { tenant, versions, superseded } of tenants) {
        await tx.rows('INSERT INTO ledger.tenant VALUES ($1, $2, $3, $4)', [tenant, lastWrite, versions, superseded]);
      }
      for (const { tenant, importId, added } of imports) {
        await tx.rows('INSERT INTO ledger.import VALUES ($1, $2, $3)', [tenant, importId, added]);
      }
    });
  }

  async rules(): Promise<number | null> {
    const [row] = await this.#db.rows<{ version: number }>('SELECT version FROM ledger.rules');
    return row?.version ?? null;
  }

  async setRules(version: number): Promise<void> {
    const sql = `INSERT INTO ledger.rules (version) VALUES ($1) ON CONFLICT (one) DO UPDATE SET version = $1`;
    await this.#db.rows(sql, [version]);
  }

  async stepsOf(work: string): Promise<readonly string[]> {
    const rows = await this.#db.rows<{ step: string }>('SELECT step FROM ledger.step WHERE work = $1', [work]);
    return rows.map(({ step }) => step);
  }

  async endStep(work: string, step: string): Promise<void> {
    await this.#db.rows('INSERT INTO ledger.step VALUES ($1, $2) ON CONFLICT DO NOTHING', [work, step]);
  }

  async forgetSteps(work: string): Promise<void> {
    await this.#db.rows('DELETE FROM ledger.step WHERE work = $1', [work]);
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

type Exclusion = { readonly write: number | null; readonly user_key: string | null; readonly before: number | null };
