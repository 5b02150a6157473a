import type { Activity } from '../../domain/activity.ts';
import { clientIpFor } from './client-ip.ts';
import { elements, firstText, inside, isObject, type JsonObject, text, timeFrom, type Unusable } from './member.ts';

/**
 * A Google Reports API activity: one activity of ours for each of its events, in order. Every one keeps the whole
 * activity's text as `raw`. An event that is none is told apart; the others stand.
 */
export function googleActivities(record: JsonObject, raw: string): readonly (Activity | Unusable)[] {
  const timeMs = timeFrom('id.time', text(inside(record.id, 'time')));
  if (typeof timeMs !== 'number') return [timeMs];
  if (text(inside(record.id, 'uniqueQualifier')) === '') {
    return [{ reason: 'The activity has no id.uniqueQualifier; expected the text that identifies it.' }];
  }
  const events = elements(record.events);
  if (events.length === 0) return [{ reason: 'The activity has no events; expected a list of at least one.' }];
  return events.map((event, i) => eventActivity(record, event, i + 1, timeMs, raw));
}

function eventActivity(
  record: JsonObject,
  event: unknown,
  place: number,
  timeMs: number,
  raw: string,
): Activity | Unusable {
  const name = text(inside(event, 'name'));
  if (!isObject(event) || name === '') {
    return { reason: `Event ${place} of the activity has no name; expected what was done.` };
  }
  const { id, actor } = record;
  const parameter = parametersOf(event);
  return {
    source: 'google',
    activityId: identity(id, timeMs, place, name),
    timeMs,
    user: firstText(inside(actor, 'email'), inside(actor, 'profileId'), inside(actor, 'key')),
    userType: text(inside(actor, 'callerType')),
    activity: name,
    service: text(inside(id, 'applicationName')),
    itemType: parameter('doc_type'),
    item: parameter('doc_title'),
    object: parameter('doc_id'),
    // Of a file in a shared drive `owner` is that drive's name; where it is missing, the drive's id.
    site: parameter('owner') || parameter('shared_drive_id') || parameter('team_drive_id'),
    result: '',
    clientIp: clientIpFor(text(record.ipAddress)),
    userAgent: '',
    recordType: text(event.type),
    raw,
  };
}

/**
 * The id tuple alone is not unique: real activities share time, application, customer and qualifier and differ in their
 * event only, so its place and name belong to the identity. The time is written anew (a zone or more digits may differ);
 * a missing part stays as an empty one, and a slash inside a part is escaped, so that no two tuples read the same.
 */
function identity(id: unknown, timeMs: number, place: number, name: string): string {
  const tuple = ['applicationName', 'customerId', 'uniqueQualifier'].map((part) =>
    text(inside(id, part)).replaceAll('%', '%25').replaceAll('/', '%2F'),
  );
  return [new Date(timeMs).toISOString(), ...tuple, place, name].join('/');
}

/** An event's parameters by name; of several values one text, joined as people write lists. */
function parametersOf(event: JsonObject): (name: string) => string {
  const values = new Map<string, string>();
  for (const parameter of elements(event.parameters)) {
    if (!isObject(parameter) || typeof parameter.name !== 'string' || values.has(parameter.name)) continue;
    const many = [...elements(parameter.multiValue), ...elements(parameter.multiIntValue)];
    values.set(
      parameter.name,
      many.length > 0 ? many.map(text).join(', ') : firstText(parameter.value, parameter.intValue, parameter.boolValue),
    );
  }
  return (name) => values.get(name) ?? '';
}
