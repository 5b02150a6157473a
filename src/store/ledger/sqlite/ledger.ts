import type { JobId, TenantId } from '../../../domain/ids.ts';
import { type DatabaseSync, migrate, openSqlite, type StatementSync, transaction } from '../../../kit/sqlite/sqlite.ts';
import type { Moment } from '../../moment.ts';
import type { Adopted, Ledger, OpenWrite, Removal, Stored, WriteAsk, WriteKind, Written } from '../ledger.ts';
import { SqliteErasures } from './erasures.ts';
import { ledgerSchema, statements } from './statements.ts';

type Row = Record<string, string | number | null>;

/** The ledger in a SQLite file beside the tables. */
export class SqliteLedger implements Ledger {
  readonly #db: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();
  readonly erasures: SqliteErasures;

  /** Opens the file, making it if it is not there. */
  constructor(path: string, busyTimeoutMs: number) {
    this.#db = openSqlite(path, busyTimeoutMs);
    try {
      migrate(this.#db, 'ledger', ledgerSchema);
      this.erasures = new SqliteErasures(this.#db, (text) => this.#sql(text));
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  async lastNumber(): Promise<number> {
    return Number((this.#sql(statements.lastNumber).get() as Row | undefined)?.seq ?? 0);
  }

  async begin(ask: WriteAsk): Promise<OpenWrite | null> {
    const { tenant, kind, importId, holder, session } = ask;
    // A tenant's second open write would break a unique index.
    const { changes, lastInsertRowid } = this.#sql(statements.begin).run(tenant, kind, importId, holder, session);
    return changes === 0 ? null : { ...ask, write: Number(lastInsertRowid) };
  }

  async commit(write: number, { added, replaced }: Written): Promise<void> {
    transaction(this.#db, () => {
      const row = this.#sql(statements.commit).get(added, replaced, write) as Row | undefined;
      if (row === undefined) throw new Error(`Write ${write} is not open, so it cannot be committed.`);
      this.#sql(statements.count).run(row.tenant!, write, added, replaced);
      if (row.import_id !== null) {
        this.#sql(statements.countImport).run(row.tenant!, row.import_id!, added - replaced);
      }
    });
  }

  async abort(write: number): Promise<void> {
    this.#sql(statements.abort).run(write);
  }

  async openWrites(tenant: TenantId | null): Promise<readonly OpenWrite[]> {
    const rows = this.#sql(statements.openWrites).all({ tenant }) as Row[];
    return rows.map((row) => ({
      write: row.number as number,
      tenant: row.tenant as TenantId,
      kind: row.kind as WriteKind,
      importId: row.import_id as JobId | null,
      holder: row.holder as string | null,
      session: row.session as string | null,
    }));
  }

  async moment(tenant: TenantId): Promise<Moment> {
    const row = this.#sql(statements.moment).get(tenant) as Row | undefined;
    if (row === undefined) return { write: 0, replaced: false, exclusions: [] };
    const write = row.last_write as number;
    const exclusions = (await this.erasures.pending(tenant)).filter((erasure) => erasure.write <= write);
    return {
      write,
      replaced: (row.superseded as number) > 0,
      exclusions: exclusions.map(({ write: by, userKey, beforeMs }) => ({ write: by, userKey, beforeMs })),
    };
  }

  async addedBy(tenant: TenantId, importId: JobId): Promise<number> {
    const row = this.#sql(statements.addedBy).get(tenant, importId) as Row | undefined;
    return Number(row?.added ?? 0);
  }

  async stored(): Promise<Stored> {
    const row = this.#sql(statements.stored).get() as Row;
    return { versions: Number(row.versions), superseded: Number(row.superseded) };
  }

  async beginRemoval(removal: Omit<Removal, 'number'>): Promise<Removal> {
    const { tenant, upTo, stored } = removal;
    const { lastInsertRowid } = this.#sql(statements.beginRemoval).run(
      tenant,
      upTo,
      stored.versions,
      stored.superseded,
    );
    return { ...removal, number: Number(lastInsertRowid) };
  }

  async endRemoval(number: number): Promise<void> {
    transaction(this.#db, () => {
      const row = this.#sql(statements.endRemoval).get(number) as Row | undefined;
      if (row === undefined) return;
      this.#sql(statements.discount).run(row.versions!, row.superseded!, row.tenant!);
    });
  }

  async openRemovals(tenant: TenantId | null): Promise<readonly Removal[]> {
    const rows = this.#sql(statements.openRemovals).all({ tenant }) as Row[];
    return rows.map((row) => ({
      number: row.number as number,
      tenant: row.tenant as TenantId,
      upTo: row.up_to as number,
      stored: { versions: row.versions as number, superseded: row.superseded as number },
    }));
  }

  async adopt({ lastWrite, tenants, imports }: Adopted): Promise<void> {
    transaction(this.#db, () => {
      this.#sql(statements.clearTenants).run();
      this.#sql(statements.clearImports).run();
      // A row of its own gives the counter of numbers its start.
      if (lastWrite > 0) this.#sql(statements.skipTo).run(lastWrite);
      for (const { tenant, versions, superseded } of tenants) {
        this.#sql(statements.count).run(tenant, lastWrite, versions, superseded);
      }
      for (const { tenant, importId, added } of imports) {
        this.#sql(statements.countImport).run(tenant, importId, added);
      }
    });
  }

  async rules(): Promise<number | null> {
    const row = this.#sql(statements.rules).get() as Row | undefined;
    return row === undefined ? null : (row.version as number);
  }

  async setRules(version: number): Promise<void> {
    transaction(this.#db, () => {
      this.#sql(statements.clearRules).run();
      this.#sql(statements.setRules).run(version);
    });
  }

  async stepsOf(work: string): Promise<readonly string[]> {
    return (this.#sql(statements.steps).all(work) as Row[]).map(({ step }) => step as string);
  }

  async endStep(work: string, step: string): Promise<void> {
    this.#sql(statements.endStep).run(work, step);
  }

  async forgetSteps(work: string): Promise<void> {
    this.#sql(statements.forgetSteps).run(work);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#prepared.clear();
    if (this.#db.isOpen) this.#db.close();
  }

  #sql(text: string): StatementSync {
    const known = this.#prepared.get(text);
    if (known !== undefined) return known;
    const statement = this.#db.prepare(text);
    this.#prepared.set(text, statement);
    return statement;
  }
}
