import type { DatabaseSync, SQLInputValue, StatementSync } from '../../../kit/sqlite/sqlite.ts';
import type { JobRow } from '../job-row.ts';

/** Prepared statements of one database, each prepared once. */
export class Statements {
  readonly #db: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  of(sql: string): StatementSync {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#prepared.set(sql, statement);
    }
    return statement;
  }

  /** The first row of the table `job` that a SELECT finds, or null. */
  job(sql: string, ...values: SQLInputValue[]): JobRow | null {
    return (this.of(sql).get(...values) as JobRow | undefined) ?? null;
  }

  /** The number that a SELECT of one column finds. */
  number(sql: string, ...values: SQLInputValue[]): number {
    return Number(Object.values(this.of(sql).get(...values) ?? {})[0] ?? 0);
  }
}
