import { existsSync } from 'node:fs';
import { backup, DatabaseSync } from 'node:sqlite';
import { Failure } from '../../domain/failure.ts';

export type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';

/**
 * Opens a database for durable use by several processes. `synchronous=FULL`: with NORMAL a simulated power cut lost
 * every acknowledged commit. The busy timeout is 0 by default, which would make the commit of another process an error.
 * `secure_delete`: what is deleted or replaced is overwritten in the file.
 */
export function openSqlite(path: string, busyTimeoutMs: number): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: busyTimeoutMs });
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;');
  return db;
}

/** Whether the file is whole, as SQLite sees it (`PRAGMA quick_check`). */
export function isWhole(db: DatabaseSync): boolean {
  return db.prepare('PRAGMA quick_check(1)').get()?.quick_check === 'ok';
}

/** More pages than any database has: a copy in several steps would begin anew whenever another process writes. */
const everyPage = 2 ** 31 - 1;

/**
 * Copies a database as it is at one moment, in a thread of the pool, while others read and write it. The copy is durable.
 */
export async function copySqlite(path: string, copy: string, busyTimeoutMs: number): Promise<void> {
  const db = new DatabaseSync(path, { timeout: busyTimeoutMs });
  try {
    await backup(db, copy, { rate: everyPage });
  } finally {
    db.close();
  }
}

/** Runs each step of a room's schema once, in order, and records it under the name of the room. */
export function migrate(db: DatabaseSync, room: string, steps: readonly string[]): void {
  transaction(db, () => {
    db.exec('CREATE TABLE IF NOT EXISTS migration (room TEXT, step INTEGER, PRIMARY KEY (room, step)) STRICT');
    const row = db.prepare('SELECT count(*) AS done FROM migration WHERE room = ?').get(room);
    for (let step = Number(row?.done ?? 0); step < steps.length; step++) {
      db.exec(steps[step]!);
      db.prepare('INSERT INTO migration (room, step) VALUES (?, ?)').run(room, step);
    }
  });
}

/** A transaction that takes the write lock at once, so that nothing changes between its reads and writes. */
export function transaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const value = work();
    db.exec('COMMIT');
    return value;
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

/**
 * Empties the write-ahead log, which may hold what was deleted; false when another connection is reading meanwhile, and
 * then it is to be tried again.
 */
export function emptyLog(db: DatabaseSync): boolean {
  return db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()?.busy === 0;
}

/** Whether a process holds a lock file of `holdExclusively`. */
export function isHeld(path: string): boolean {
  if (!existsSync(path)) return false;
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    db.prepare('SELECT count(*) FROM sqlite_schema').get();
    return false;
  } catch (error) {
    if (isBusy(error)) return true;
    throw error;
  } finally {
    db.close();
  }
}

/**
 * Holds a lock file while the process lives, however it ends: the exclusive lock of SQLite is one of the kernel. Throws
 * `cannot_start` with the given sentence when another process holds it.
 */
export function holdExclusively(path: string, otherwise: string): Disposable {
  const held = holdIfFree(path);
  if (held === null) throw new Failure('cannot_start', otherwise);
  return held;
}

/** The same, or null when another process holds it, alone or shared. */
export function holdIfFree(path: string): Disposable | null {
  // `isHeld` of another process reads the file for a moment.
  return hold(path, 1000, 'PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT;');
}

/**
 * Holds a lock file with others that do the same, and keeps away who wants it alone. Waits for one who has it alone, and
 * throws `cannot_start` after `mostMs`.
 */
export function holdShared(path: string, mostMs: number): Disposable {
  // A read that does not end: https://sqlite.org/lockingv3.html#shared_lock.
  const held = hold(path, mostMs, 'BEGIN; SELECT count(*) FROM sqlite_schema;');
  if (held !== null) return held;
  throw new Failure('cannot_start', `Another trailport has held ${path} for ${mostMs / 1000} s; try again.`);
}

function hold(path: string, timeout: number, sql: string): Disposable | null {
  const db = new DatabaseSync(path, { timeout });
  try {
    db.exec(sql);
  } catch (error) {
    db.close();
    if (isBusy(error)) return null;
    throw error;
  }
  return { [Symbol.dispose]: () => db.close() };
}

/** https://sqlite.org/rescode.html: 5 is BUSY. */
function isBusy(error: unknown): boolean {
  return ((error as { errcode?: number }).errcode ?? 0) % 256 === 5;
}
