import type { Selection } from '../../domain/selection.ts';
import type { Bindings } from '../engine/engine.ts';
import { atMoment, atMomentWithoutReplaced, type Moment, momentBindings } from '../moment.ts';
import { folded } from '../rules/keys.ts';
import type { AskedKeys } from './asked.ts';

/** A condition over the columns of `trailport.activity`, and the values it needs. */
export type Condition = { readonly sql: string; readonly bindings: Bindings; readonly moment: Moment };

function ofTenant({ replaced }: Moment): string {
  return `tenant = {tenant:String} AND source = {source:String} AND ${replaced ? atMoment : atMomentWithoutReplaced}`;
}

export const userTerm = 'user_key = {userKey:String}';
/** The object and everything below it. */
export const objectTerm = 'startsWith(object_key, unhex({objectKey:String}))';
/** An event type as it is compared. */
export const storedType = folded('activity');

/** The rows that a selection means, as they stood at a moment. `keys` are those of the selection. */
export function conditionFor({ tenant, source, period }: Selection, keys: AskedKeys, moment: Moment): Condition {
  const terms = [ofTenant(moment)];
  const bindings: Record<string, unknown> = { tenant, source, ...momentBindings(moment.write) };
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
  if (keys.eventTypes.length > 0) {
    terms.push(`${storedType} IN {eventTypes:Array(String)}`);
    bindings.eventTypes = keys.eventTypes;
  }
  return { sql: terms.join(' AND '), bindings, moment };
}

/** The condition's whole tenant and source at the same moment. */
export function everythingOf({ bindings, moment }: Condition): Condition {
  const { tenant, source, endVersion, lastWrite } = bindings;
  return { sql: ofTenant(moment), bindings: { tenant, source, endVersion, lastWrite }, moment };
}
