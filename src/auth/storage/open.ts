import type { Database } from '../../kit/database.ts';
import { PostgresAuthStorage } from './postgres/storage.ts';
import { SqliteAuthStorage } from './sqlite/storage.ts';
import type { AuthStorage } from './storage.ts';

/** The storage of a database, its tables made or brought up to date. Several that are opened on one are the same. */
export async function openAuthStorage(database: Database): Promise<AuthStorage> {
  switch (database.kind) {
    case 'sqlite':
      return new SqliteAuthStorage(database.db);
    case 'postgres':
      return await PostgresAuthStorage.open(database.postgres);
  }
}
