import type { ListFilter } from '../../domain/filters.ts';
import type { Selection } from '../../domain/selection.ts';
import type { Narrowing } from '../access/choice.ts';
import type { Bindings } from '../engine/engine.ts';
import { conditionAt, type Moment } from '../moment.ts';
import type { AskedKeys } from './asked.ts';
import { listTerm, textTerm } from './filters.ts';

/** A condition over the columns of `trailport.activity` and its copies, and the values it needs. */
export type Condition = {
  readonly sql: string;
  /** Those of its terms that the tables are ordered by. */
  readonly keyed: string;
  readonly narrowing: Narrowing;
  /** Whether it has no terms but those of the tenant, the source, the moment and a period. */
  readonly plain: boolean;
  readonly bindings: Bindings;
  readonly moment: Moment;
};

const ofTenant = 'tenant = {tenant:String} AND source = {source:String}';

/** Every row of a tenant and source at a moment. */
function everythingAt(tenant: unknown, source: unknown, moment: Moment): Condition {
  const { sql, bindings } = conditionAt(moment);
  return {
    sql: `${ofTenant} AND ${sql}`,
    keyed: ofTenant,
    narrowing: { users: false, object: false, period: false },
    plain: true,
    bindings: { tenant, source, ...bindings },
    moment,
  };
}

export const userTerm = 'user_key = {userKey:String}';
/** The object and everything below it. */
export const objectTerm = 'startsWith(object_key, unhex({objectKey:String}))';

/** The rows that a selection means, as they stood at a moment. `keys` are those of the selection. */
export function conditionFor({ tenant, source, period }: Selection, keys: AskedKeys, moment: Moment): Condition {
  const all = everythingAt(tenant, source, moment);
  const keyed: string[] = [];
  const terms: string[] = [];
  const bindings: Record<string, unknown> = { ...all.bindings };
  if (period.fromMs !== null) {
    keyed.push("time >= fromUnixTimestamp64Milli({fromMs:Int64}, 'UTC')");
    bindings.fromMs = period.fromMs;
  }
  if (period.untilMs !== null) {
    keyed.push("time < fromUnixTimestamp64Milli({untilMs:Int64}, 'UTC')");
    bindings.untilMs = period.untilMs;
  }
  if (keys.user !== null) {
    keyed.push(userTerm);
    bindings.userKey = keys.user;
  }
  if (keys.objectHex !== null) {
    keyed.push(objectTerm);
    bindings.objectKey = keys.objectHex;
  }
  for (const [name, entries] of Object.entries(keys.lists)) {
    (name === 'users' ? keyed : terms).push(listTerm(name as ListFilter));
    bindings[name] = entries;
  }
  if (keys.text !== null) {
    terms.push(textTerm);
    bindings.text = keys.text;
  }
  return {
    sql: [all.sql, ...keyed, ...terms].join(' AND '),
    keyed: [ofTenant, ...keyed].join(' AND '),
    narrowing: {
      users: keys.user !== null || keys.lists.users !== undefined,
      object: keys.objectHex !== null,
      period: period.fromMs !== null || period.untilMs !== null,
    },
    plain: keys.user === null && keys.objectHex === null && terms.length === 0 && keys.lists.users === undefined,
    bindings,
    moment,
  };
}

/** The condition's whole tenant and source at the same moment. */
export function everythingOf({ bindings, moment }: Condition): Condition {
  return everythingAt(bindings.tenant, bindings.source, moment);
}
