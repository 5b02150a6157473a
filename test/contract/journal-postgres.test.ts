import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { JobId } from '../../src/domain/ids.ts';
import type { Journal } from '../../src/job/journal/journal.ts';
import { PostgresJournal } from '../../src/job/journal/postgres/journal.ts';
import { Postgres } from '../../src/kit/postgres/postgres.ts';
import { add, contoso, exportOf } from '../job/fixtures.ts';
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

test('PostgreSQL: looks at a thousand jobs that begin in one turn are two statements, each with its own answer', async () => {
  await using db = new Postgres(await server.database('together'));
  await using journal = await PostgresJournal.open(db);
  const ids: JobId[] = [];
  for (let i = 0; i < 20; i++) ids.push(await add(journal, exportOf()));
  const rows = db.rows.bind(db);
  let statements = 0;
  db.rows = async <R>(...statement: Parameters<typeof db.rows>) => {
    statements++;
    return await rows<R>(...statement);
  };
  const numbers = Array.from({ length: 1000 }, (_, i) => (i + 1) as JobId);
  const found = await Promise.all(numbers.map((id) => journal.find(contoso, id)));
  assert.equal(statements, 2);
  assert.deepEqual(
    found.map((job) => job?.id ?? null),
    numbers.map((id) => (ids.includes(id) ? id : null)),
  );
  await server.stop();
  const failed = await Promise.allSettled(numbers.map((id) => journal.find('fabrikam' as typeof contoso, id)));
  await server.resume();
  assert.deepEqual(
    new Set(failed.map((one) => one.status === 'rejected' && one.reason.code)),
    new Set(['database_unreachable']),
  );
});
