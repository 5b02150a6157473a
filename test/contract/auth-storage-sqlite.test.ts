import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { SqliteAuthStorage } from '../../src/auth/storage/sqlite/storage.ts';
import type { AuthStorage } from '../../src/auth/storage/storage.ts';
import { openSqlite } from '../../src/kit/sqlite/sqlite.ts';
import { promisesOfAuthStorage } from './auth-storage.ts';

const directory = mkdtempSync(join(tmpdir(), 'trailport-'));
after(() => rmSync(directory, { recursive: true }));

/** Each with a connection of its own, which is closed with it. */
promisesOfAuthStorage('SQLite', async (name): Promise<AuthStorage> => {
  const db = openSqlite(join(directory, `${name}.db`), 10_000);
  const storage = new SqliteAuthStorage(db);
  storage[Symbol.asyncDispose] = async () => db.close();
  return storage;
});
