import type { Database } from '../../kit/database.ts';
import type { Journal } from './journal.ts';
import { PostgresJournal } from './postgres/journal.ts';
import { SqliteJournal } from './sqlite/journal.ts';

/** The journal of a database, its tables made or brought up to date. */
export async function openJournal(database: Database): Promise<Journal> {
  switch (database.kind) {
    case 'sqlite':
      return new SqliteJournal(database.db);
    case 'postgres':
      return await PostgresJournal.open(database.postgres);
  }
}
