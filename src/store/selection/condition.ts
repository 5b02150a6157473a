import type { ListFilter } from '../../domain/filters.ts';
import type { Selection } from '../../domain/selection.ts';
import type { Bindings } from '../engine/engine.ts';
import { conditionAt, type Moment } from '../moment.ts';
import type { AskedKeys } from './asked.ts';
import { listTerm, textTerm } from './filters.ts';

/** A condition over the columns of `trailport.activity`, and the values it needs. */
export type Condition = { readonly sql: string; readonly bindings: Bindings; readonly moment: Moment };

/** Every row of a tenant and source at a moment. */
function everythingAt(tenant: unknown, source: unknown, moment: Moment): Condition {
  const { sql, bindings } = conditionAt(moment);
  return {
    sql: `tenant = {tenant:String} AND source = {source:String} AND ${sql}`,
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
  const terms = [all.sql];
  const bindings: Record<string, unknown> = { ...all.bindings };
  if (period.fromMs !== null) {
    terms.push("time >= fromUnixTimestamp64Milli({fromMs:Int64}, 'UTC')");
    bindings.fromMs = period.fromMs;
  }
  if (period.untilMs !== null) {
    terms.push("time < fromUnixTimestamp64Milli({untilMs:Int64}, 'UTC')");
    bindings.untilMs = period.untilMs;
  }
  if (keys.user !== null) {
    terms.push(userTerm);
    bindings.userKey = keys.user;
  }
  if (keys.objectHex !== null) {
    terms.push(objectTerm);
    bindings.objectKey = keys.objectHex;
  }
  for (const [name, entries] of Object.entries(keys.lists)) {
    terms.push(listTerm(name as ListFilter));
    bindings[name] = entries;
  }
  if (keys.text !== null) {
    terms.push(textTerm);
    bindings.text = keys.text;
  }
  return { sql: terms.join(' AND '), bindings, moment };
}

/** The condition's whole tenant and source at the same moment. */
export function everythingOf({ bindings, moment }: Condition): Condition {
  return everythingAt(bindings.tenant, bindings.source, moment);
}
