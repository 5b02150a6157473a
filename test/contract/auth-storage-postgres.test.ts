import { after } from 'node:test';
import { PostgresAuthStorage } from '../../src/auth/storage/postgres/storage.ts';
import type { AuthStorage } from '../../src/auth/storage/storage.ts';
import { Postgres } from '../../src/kit/postgres/postgres.ts';
import { TestPostgres } from '../postgres.ts';
import { promisesOfAuthStorage } from './auth-storage.ts';

const server = await TestPostgres.start();
after(() => server[Symbol.asyncDispose]());

/** Each with a pool of its own, which ends with it. */
promisesOfAuthStorage('PostgreSQL', async (name): Promise<AuthStorage> => {
  const db = new Postgres(await server.database(name));
  const storage = await PostgresAuthStorage.open(db);
  storage[Symbol.asyncDispose] = () => db[Symbol.asyncDispose]();
  return storage;
});
