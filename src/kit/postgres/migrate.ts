import type { Postgres } from './postgres.ts';

/** Any number that is the same in every process of every version: whoever migrates holds this lock. */
const migrationLock = 7_430_118;

/**
 * Runs each step of a room's schema once, in order, and records it under the name of the room. Any number of processes may
 * start at once: one runs the steps, and the others wait for it.
 */
export async function migratePostgres(db: Postgres, room: string, steps: readonly string[]): Promise<void> {
  await db.transaction(async (tx) => {
    // Held until the transaction ends, so it works behind a pooler too.
    await tx.rows('SELECT pg_advisory_xact_lock($1)', [migrationLock]);
    await tx.rows('CREATE TABLE IF NOT EXISTS migration (room text, step int, PRIMARY KEY (room, step))');
    const [row] = await tx.rows<{ done: number }>('SELECT count(*) AS done FROM migration WHERE room = $1', [room]);
    for (let step = row?.done ?? 0; step < steps.length; step++) {
      await tx.rows(steps[step]!);
      await tx.rows('INSERT INTO migration (room, step) VALUES ($1, $2)', [room, step]);
    }
  });
}
