import { Failure } from '../../domain/failure.ts';
import type { Engine } from '../engine/engine.ts';

/** The numbers of the first row of an answer. */
export async function numbersOf(engine: Engine, sql: string): Promise<number[]> {
  const [row] = await engine.rows<(string | number)[]>(sql);
  return (row ?? []).map(Number);
}

/** How many rows a table has, or those of it that a condition means. */
export async function countOf(engine: Engine, from: string): Promise<number> {
  return (await numbersOf(engine, `SELECT count() FROM trailport.${from}`))[0] ?? 0;
}

export function damaged(what: string, cause?: unknown): Failure {
  const message = `The store is damaged: ${what}; restore the data directory from a backup.`;
  return new Failure('store_damaged', message, { cause });
}
