import type { TenantId } from '../../domain/ids.ts';
import type { Engine } from '../engine/engine.ts';
import type { Erasures, ForgottenRule } from '../ledger/erasures.ts';
import { literal } from '../literal.ts';
import { userHash } from './user-hash.ts';

const dayMs = 86_400_000;

/** The users whose activities are not stored when they arrive: a temporary table of a writer's connection. */
export const forgottenTable = 'CREATE TEMPORARY TABLE forgotten (user_hash String, before_ms Int64) ENGINE = Memory';

/** Which arriving rows are not stored. */
export type ForgottenArrivals = {
  /** Their condition over the columns of `intake`. */
  readonly sql: string;
  /** Statements that fill the table `forgotten` for it. */
  readonly users: readonly string[];
};

/**
 * Rows that arrive and were erased before, or are older than the tenant keeps. Null when there can be none.
 * `allowForgotten` lets in what was erased, and never what is older than the tenant keeps now.
 */
export async function forgottenArrivals(
  erasures: Erasures,
  tenant: TenantId,
  { allowForgotten, nowMs }: { readonly allowForgotten: boolean; readonly nowMs: number },
): Promise<ForgottenArrivals | null> {
  const days = await erasures.retentionOf(tenant);
  const rules = allowForgotten ? [] : await erasures.rules(tenant);
  const ofAll = rules.filter((rule) => rule.userHash === null).map((rule) => rule.beforeMs);
  if (days !== null) ofAll.push(nowMs - days * dayMs);
  const ofUsers = rules.filter((rule) => rule.userHash !== null);
  const terms: string[] = [];
  if (ofAll.length > 0) terms.push(`timeMs < ${Math.max(...ofAll)}`);
  if (ofUsers.length > 0) {
    const hash = userHash(await erasures.hashKey(), 'user_key');
    terms.push(`row IN (
      SELECT row FROM (SELECT row, timeMs, ${hash} AS user_hash FROM intake) AS came
      INNER JOIN forgotten ON came.user_hash = forgotten.user_hash WHERE came.timeMs < forgotten.before_ms)`);
  }
  if (terms.length === 0) return null;
  return { sql: `(${terms.join(' OR ')})`, users: insertsOf(ofUsers) };
}

/** Rows of one statement: the engine reads no longer text than 256 KiB. */
const rowsAtOnce = 2000;

function insertsOf(rules: readonly ForgottenRule[]): string[] {
  const rows = rules.map(({ userHash: user, beforeMs }) => `(${literal(user ?? '')}, ${beforeMs})`);
  const statements: string[] = [];
  for (let at = 0; at < rows.length; at += rowsAtOnce) {
    statements.push(`INSERT INTO forgotten VALUES ${rows.slice(at, at + rowsAtOnce).join(', ')}`);
  }
  return statements;
}

/** How many of the rows in `intake` are not stored. */
export async function countOfForgotten(engine: Engine, { sql }: ForgottenArrivals): Promise<number> {
  const [row] = await engine.rows<[string | number]>(`SELECT count() FROM intake WHERE ${sql}`);
  return Number(row?.[0] ?? 0);
}
