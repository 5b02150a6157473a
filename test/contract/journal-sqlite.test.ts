import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import type { Journal } from '../../src/job/journal/journal.ts';
import { SqliteJournal } from '../../src/job/journal/sqlite/journal.ts';
import { openSqlite } from '../../src/kit/sqlite/sqlite.ts';
import { promisesOfJournal } from './journal.ts';
import { promisesOfTurns } from './journal-turns.ts';

const directory = mkdtempSync(join(tmpdir(), 'trailport-'));
after(() => rmSync(directory, { recursive: true }));

/** Each with a connection of its own, which is closed with it. */
async function open(name: string): Promise<Journal> {
  const db = openSqlite(join(directory, `${name}.db`), 10_000);
  const journal = new SqliteJournal(db);
  journal[Symbol.asyncDispose] = async () => db.close();
  return journal;
}

promisesOfJournal('SQLite', open);
promisesOfTurns('SQLite', open);
