import { createHash } from 'node:crypto';
import type { Activity } from '../../domain/activity.ts';
import { clientIpFor } from '../../domain/client-ip.ts';
import type { DateOrder } from './values/date-order.ts';
import { elements, firstText, inside, isObject, type JsonObject, text, type Unusable } from './values/member.ts';
import { timeFrom } from './values/time.ts';

/** How much the events of one activity may keep together. */
const mostCharacters = 128 * 1024 * 1024;

/**
 * A Google Reports API activity: one activity for each of its events, in order. Each keeps the whole record's
 * text as `raw`. An event that cannot be used is set aside; the others are taken.
 */
export function googleActivities(record: JsonObject, raw: string, order: DateOrder): readonly (Activity | Unusable)[] {
  const timeMs = timeFrom('id.time', inside(record.id, 'time'), order);
  if (typeof timeMs !== 'number') return [timeMs];
  if (text(inside(record.id, 'uniqueQualifier')) === '') {
    return [noQualifier];
  }
  const events = elements(record.events);
  if (events.length === 0) return [{ reason: 'The activity has no events; expected a list of at least one.' }];
  // Each event keeps the whole record.
  if (events.length * raw.length > mostCharacters) {
    return [{ reason: `The activity has ${events.length} events in ${raw.length} characters; expected fewer events.` }];
  }
  return events.map((event, i) => eventActivity(record, event, i + 1, timeMs, raw));
}

/**
 * A row of `gam report`: one event, its parameters as columns under their own names. A row does not say which event of
 * its activity it is, so the identity has a digest of the row in place of the event's number.
 */
export function gamActivity(row: JsonObject, cells: JsonObject, raw: string, order: DateOrder): Activity | Unusable {
  const { id, actor } = row;
  const timeMs = timeFrom('id.time', inside(id, 'time'), order);
  if (typeof timeMs !== 'number') return timeMs;
  if (text(inside(id, 'uniqueQualifier')) === '') return noQualifier;
  const event = isObject(row.events) ? (elements(row.events)[0] ?? row.events) : row;
  const name = firstText(row.name, inside(event, 'name'));
  if (name === '') return { reason: 'The row has no name; expected the name of the event.' };
  const column = (one: string) => firstText(row[one], inside(event, one));
  return activityFor(row, { id, actor, timeMs, place: digestOf(cells), name, type: column('type'), raw }, column);
}

/** The time is left out: the same moment may be written in another zone. */
function digestOf(cells: JsonObject): string {
  const said = Object.entries(cells)
    .map(([name, value]): [string, string] => [name, text(value)])
    .filter(([name, value]) => value !== '' && name !== 'id.time')
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(said)).digest('hex').slice(0, 16);
}

const noQualifier: Unusable = {
  reason: 'The activity has no id.uniqueQualifier; expected the text that identifies it.',
};

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
  const facts = { id, actor, timeMs, place, name, type: text(event.type), raw };
  return activityFor(record, facts, parametersOf(event));
}

type EventFacts = {
  readonly id: unknown;
  readonly actor: unknown;
  readonly timeMs: number;
  readonly place: number | string;
  readonly name: string;
  readonly type: string;
  readonly raw: string;
};

function activityFor(record: JsonObject, facts: EventFacts, parameter: (name: string) => string): Activity {
  const { id, actor, timeMs, place, name } = facts;
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
    recordType: facts.type,
    raw: facts.raw,
  };
}

/**
 * The id tuple alone is not unique: real activities share time, application, customer and qualifier and differ in their
 * event only, so its place and name belong to the identity. The time is normalised (zone and digits may differ);
 * a missing part is empty, and a slash inside a part is escaped, so that no two tuples read the same.
 */
function identity(id: unknown, timeMs: number, place: number | string, name: string): string {
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
