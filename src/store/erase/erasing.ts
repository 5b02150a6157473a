import type { JobId, TenantId } from '../../domain/ids.ts';
import type { EraseRequest } from '../../domain/job.ts';
import type { Engine } from '../engine/engine.ts';
import type { Erasing } from '../ledger/erasures.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { conditionAt } from '../moment.ts';
import { userKey } from '../rules/keys.ts';
import { hourOf } from '../schema/tables.ts';
import { userHash } from './user-hash.ts';

/** What an erasure is asked to erase. */
export type EraseAsk = Exclude<EraseRequest, { readonly what: 'unfinished' }>;

/**
 * Makes activities invisible for every moment from this write on; nothing is removed from the tables yet. The write must
 * be open and of kind `erase`; a write that was cut off leaves entries in `tally` only.
 */
export async function commitErasure(
  engine: Engine,
  ledger: Ledger,
  { write, tenant, job }: { readonly write: number; readonly tenant: TenantId; readonly job: JobId },
  ask: EraseAsk,
  nowMs: number,
): Promise<void> {
  const { erasures } = ledger;
  const [key, hash] = ask.what === 'user' ? await keysOf(engine, await erasures.hashKey(), ask.user) : [null, null];
  const beforeMs = ask.what === 'tenant' || ask.before === null ? null : Date.parse(ask.before);
  const at = conditionAt(await ledger.moment(tenant));
  const terms = ['tenant = {tenant:String}', at.sql];
  if (key !== null) terms.push('user_key = {userKey:String}');
  if (beforeMs !== null) terms.push("time < fromUnixTimestamp64Milli({beforeMs:Int64}, 'UTC')");
  const found = `${key === null ? 'trailport.activity' : 'trailport.by_user'} WHERE ${terms.join(' AND ')}`;
  const bindings = { ...at.bindings, tenant, userKey: key ?? '', beforeMs: beforeMs ?? 0, write };
  const [row] = await engine.rows<[string | number, number]>(
    `SELECT count(), toFloat64(toUnixTimestamp64Milli(max(time))) FROM ${found}`,
    bindings,
  );
  const rows = Number(row?.[0] ?? 0);
  if (rows > 0) {
    await engine.run(
      `INSERT INTO trailport.tally (tenant, source, hour, by_write, rows)
       SELECT tenant, source, ${hourOf('time')} AS hour, {write:UInt64}, -toInt64(count()) FROM ${found}
       GROUP BY tenant, source, hour SETTINGS async_insert = 0`,
      bindings,
    );
  }
  const newestMs = rows === 0 ? 0 : row![1];
  const erasing: Erasing = {
    what: ask.what,
    userKey: key,
    userHash: hash,
    beforeMs,
    // Some clocks are ahead: what is erased must not come back when it arrives again.
    arrivesBeforeMs: beforeMs ?? Math.max(nowMs, newestMs + 1),
  };
  await erasures.commit(write, job, erasing, rows, nowMs);
}

/** The key of a user and its hash. */
async function keysOf(
  engine: Engine,
  hashKey: readonly [string, string],
  user: string,
): Promise<readonly [string, string]> {
  const [row] = await engine.rows<[string, string]>(
    `SELECT ${userKey('user')} AS key, ${userHash(hashKey, 'key')} FROM (SELECT materialize({user:String}) AS user)`,
    { user },
  );
  return row!;
}

/** The keys of users by their names. */
export async function userKeysOf(engine: Engine, names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (names.length === 0) return new Map();
  const [row] = await engine.rows<[string[]]>(
    `SELECT arrayMap(name -> ${userKey('name')}, names) FROM (SELECT materialize({names:Array(String)}) AS names)`,
    { names },
  );
  return new Map(names.map((name, i) => [name, row![0][i]!]));
}
