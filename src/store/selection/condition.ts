import { isUrl, objectKeyFor, type Selection, userKeyFor } from '../../domain/selection.ts';
import type { Bindings } from '../engine/engine.ts';

/** A condition over the columns of `trailport.activity`, and the values it needs. */
export type Condition = { readonly sql: string; readonly bindings: Bindings };

const ofTenant = 'tenant = {tenant:String} AND source = {source:String} AND batch <= {batch:UInt64}';

export const userTerm = 'user_key = {userKey:String}';
/** Below a URL means behind a slash: `/sites/team1` never takes `/sites/team10`. */
export const objectTerm =
  "(object_key = {objectKey:String} OR ({hasBelow:Bool} AND startsWith(object_key, concat({objectKey:String}, '/'))))";

/** The rows that a selection means, as they stood after write number `batch`. */
export function conditionFor(selection: Selection, batch: number): Condition {
  const { tenant, source, user, object, period, eventTypes } = selection;
  const terms = [ofTenant];
  const bindings: Record<string, unknown> = { tenant, source, batch };
  if (period.fromMs !== null) {
    terms.push("time >= fromUnixTimestamp64Milli({fromMs:Int64}, 'UTC')");
    bindings.fromMs = period.fromMs;
  }
  if (period.untilMs !== null) {
    terms.push("time < fromUnixTimestamp64Milli({untilMs:Int64}, 'UTC')");
    bindings.untilMs = period.untilMs;
  }
  if (user !== null) {
    terms.push(userTerm);
    bindings.userKey = userKeyFor(user);
  }
  if (object !== null) {
    terms.push(objectTerm);
    bindings.objectKey = objectKeyFor(object);
    bindings.hasBelow = isUrl(object);
  }
  if (eventTypes.length > 0) {
    terms.push('lowerUTF8(activity) IN arrayMap(name -> lowerUTF8(name), {eventTypes:Array(String)})');
    bindings.eventTypes = eventTypes;
  }
  return { sql: terms.join(' AND '), bindings };
}

/** The condition's whole tenant and source at the same moment. */
export function everythingOf({ bindings }: Condition): Condition {
  const { tenant, source, batch } = bindings;
  return { sql: ofTenant, bindings: { tenant, source, batch } };
}
