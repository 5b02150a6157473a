import { isUrl, objectKeyFor, type Selection, userKeyFor } from '../domain/selection.ts';
import type { Bindings } from './engine/engine.ts';

/** A condition over the columns of `trailport.activity`, and the values it needs. */
export type Condition = { readonly sql: string; readonly bindings: Bindings };

/** The rows that a selection means, as they stood after write number `batch`. */
export function conditionFor(selection: Selection, batch: number): Condition {
  const { tenant, source, user, object, period, eventTypes } = selection;
  const terms = ['tenant = {tenant:String}', 'source = {source:String}', 'batch <= {batch:UInt64}'];
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
    terms.push('user_key = {userKey:String}');
    bindings.userKey = userKeyFor(user);
  }
  if (object !== null) {
    // Below a URL means behind a slash: `/sites/team1` never takes `/sites/team10`.
    terms.push(
      isUrl(object)
        ? "(object_key = {objectKey:String} OR startsWith(object_key, concat({objectKey:String}, '/')))"
        : 'object_key = {objectKey:String}',
    );
    bindings.objectKey = objectKeyFor(object);
  }
  if (eventTypes.length > 0) {
    terms.push('activity IN {eventTypes:Array(String)}');
    bindings.eventTypes = eventTypes;
  }
  return { sql: terms.join(' AND '), bindings };
}
