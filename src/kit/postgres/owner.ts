import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { Failure } from '../../domain/failure.ts';
import { writePrivateFile } from '../files.ts';
import { migratePostgres } from './migrate.ts';
import type { Postgres } from './postgres.ts';

const schema = ['CREATE TABLE data_directory (one boolean PRIMARY KEY DEFAULT true CHECK (one), id text NOT NULL)'];

/** Any number that is the same in every process of every version. */
const startLock = 7_430_119;

/** Does something that of all processes on this database one may do at a time. */
export async function oneAtATime(db: Postgres, work: () => Promise<void>): Promise<void> {
  await db.transaction(async (tx) => {
    // Held until the transaction ends, so it works behind a pooler too.
    await tx.rows('SELECT pg_advisory_xact_lock($1)', [startLock]);
    await work();
  });
}

/**
 * Notes in the database which data directory it belongs to; throws `cannot_start` when that is another. Jobs name activities
 * and files, so with those on one machine's disk the jobs belong to that disk. `identity` is the file that names the
 * directory; it is made where it is not there.
 */
export async function claimDatabase(db: Postgres, identity: string): Promise<void> {
  await migratePostgres(db, 'owner', schema);
  // Processes that start at once on a new directory must read one name in its file.
  await oneAtATime(db, async () => {
    if (!existsSync(identity)) await writePrivateFile(identity, `${randomUUID()}\n`);
  });
  const id = readFileSync(identity, 'utf8').trim();
  await db.rows('INSERT INTO data_directory (id) VALUES ($1) ON CONFLICT DO NOTHING', [id]);
  const [owner] = await db.rows<{ id: string }>('SELECT id FROM data_directory');
  if (owner?.id === id) return;
  const message =
    'The database that TRAILPORT_DATABASE_URL names belongs to another data directory, which holds the activities and reports of its jobs; start that one, or give this one a database of its own.';
  throw new Failure('cannot_start', message);
}
