import { Postgres } from './postgres/postgres.ts';
import { type DatabaseSync, openSqlite } from './sqlite/sqlite.ts';

/** The database of jobs and apps: a file of this data directory, or a server that many processes share. */
export type Database =
  | { readonly kind: 'sqlite'; readonly db: DatabaseSync }
  | { readonly kind: 'postgres'; readonly postgres: Postgres };

export type OpenDatabase = Database & AsyncDisposable;

/** Opens the server at `url`, or the file where that is null. A server is connected to at the first statement. */
export function openDatabase(url: string | null, file: string, sqliteBusyMs: number): OpenDatabase {
  if (url === null) {
    const db = openSqlite(file, sqliteBusyMs);
    return { kind: 'sqlite', db, [Symbol.asyncDispose]: async () => db.close() };
  }
  const postgres = new Postgres(url);
  return { kind: 'postgres', postgres, [Symbol.asyncDispose]: () => postgres[Symbol.asyncDispose]() };
}

/** Whether it can be used just now. */
export async function answers(database: Database): Promise<boolean> {
  if (database.kind === 'sqlite') return true;
  return await database.postgres.rows('SELECT 1').then(
    () => true,
    () => false,
  );
}
