import { Postgres } from './postgres/postgres.ts';
import { type DatabaseSync, openSqlite } from './sqlite/sqlite.ts';

/** The database of jobs and apps: a file of this data directory, or a server that many processes share. */
export type Database =
  | { readonly kind: 'sqlite'; readonly db: DatabaseSync }
  | { readonly kind: 'postgres'; readonly postgres: Postgres };

/** Opens the server at the URL, or the file where there is none. Nothing is read before it is used. */
export function openDatabase(from: {
  readonly url: string | null;
  readonly path: string;
  readonly sqliteBusyMs: number;
}): Database & AsyncDisposable {
  if (from.url === null) {
    const db = openSqlite(from.path, from.sqliteBusyMs);
    return { kind: 'sqlite', db, [Symbol.asyncDispose]: async () => db.close() };
  }
  const postgres = new Postgres(from.url);
  return { kind: 'postgres', postgres, [Symbol.asyncDispose]: () => postgres[Symbol.asyncDispose]() };
}
