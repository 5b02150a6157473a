import { migratePostgres } from '../../../kit/postgres/migrate.ts';
import type { Postgres } from '../../../kit/postgres/postgres.ts';

/** What a process says of its readers with each beat. */
export type Said = {
  /** The write of the oldest moment that one of them reads; null for none. */
  readonly oldestWrite: number | null;
  /** The number of the beat before which the first of them came; null for none. */
  readonly since: number | null;
};

/** A process that uses the store, and how often it has said so. */
export type KnownProcess = Said & { readonly name: string; readonly beats: number };

const schema = [
  'CREATE TABLE ledger.process (name text PRIMARY KEY, beats bigint NOT NULL, oldest_write bigint, since bigint)',
] as const;

/** The processes that use a store, in the database of its ledger. Every method is one statement. */
export class Processes {
  readonly #db: Postgres;

  private constructor(db: Postgres) {
    this.#db = db;
  }

  /** The tables of the ledger are there. */
  static async open(db: Postgres): Promise<Processes> {
    await migratePostgres(db, 'processes', schema);
    return new Processes(db);
  }

  /** Adds a process, which has beaten so often. */
  async add(name: string, beats: number): Promise<void> {
    await this.#db.rows('INSERT INTO ledger.process VALUES ($1, $2, NULL, NULL) ON CONFLICT DO NOTHING', [name, beats]);
  }

  /** Says that a process lives. Answers its beats; null when it is not there, because another took it for dead. */
  async beat(name: string, { oldestWrite, since }: Said): Promise<number | null> {
    const sql = `UPDATE ledger.process SET beats = beats + 1, oldest_write = $2, since = $3 WHERE name = $1
      RETURNING beats`;
    return (await this.#db.rows<{ beats: number }>(sql, [name, oldestWrite, since]))[0]?.beats ?? null;
  }

  async all(): Promise<readonly KnownProcess[]> {
    const sql = 'SELECT name, beats, oldest_write AS "oldestWrite", since FROM ledger.process';
    return await this.#db.rows<KnownProcess>(sql);
  }

  /** Removes a process that has ended, or that has not beaten since `beats`. */
  async remove(name: string, beats: number | null): Promise<void> {
    await this.#db.rows('DELETE FROM ledger.process WHERE name = $1 AND ($2::bigint IS NULL OR beats = $2)', [
      name,
      beats,
    ]);
  }
}
