import { after } from 'node:test';
import type { Journal } from '../../src/job/journal/journal.ts';
import { PostgresJournal } from '../../src/job/journal/postgres/journal.ts';
import { Postgres } from '../../src/kit/postgres/postgres.ts';
import { TestPostgres } from '../postgres.ts';
import { promisesOfJournal } from './journal.ts';
import { promisesOfTurns } from './journal-turns.ts';

const server = await TestPostgres.start();
after(() => server[Symbol.asyncDispose]());

/** Each with a pool of its own, which ends with it. */
async function open(name: string): Promise<Journal> {
  const db = new Postgres(await server.database(name));
  const journal = await PostgresJournal.open(db);
  const close = journal[Symbol.asyncDispose].bind(journal);
  journal[Symbol.asyncDispose] = async () => {
    await close();
    await db[Symbol.asyncDispose]();
  };
  return journal;
}

promisesOfJournal('PostgreSQL', open);
promisesOfTurns('PostgreSQL', open);
