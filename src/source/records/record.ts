import type { Activity } from '../../domain/activity.ts';
import { stoppedInText } from '../../kit/json.ts';
import { faultFrom, noObject } from '../json/fault.ts';
import { elementTexts, memberTexts, oneLine } from '../json/one-line.ts';
import { columnsOf, isFlat, nested } from './columns.ts';
import { gamActivity, googleActivities } from './google.ts';
import { graphActivity } from './graph.ts';
import { managementActivity } from './management.ts';
import { purviewActivity } from './purview.ts';
import type { DateOrder } from './values/date-order.ts';
import { elements, inside, isObject, type JsonObject, type Unusable } from './values/member.ts';
import { certainWrappersIn, deepestWrapper, wrapperNames, wrappersIn } from './wrappers.ts';

/** What became of one record's text. `known`: it is of a kind that we read, whether usable or not. */
export type Understood = {
  readonly known: boolean;
  readonly outcomes: readonly (Activity | Unusable)[];
  /** The members that led to the record inside its wrappers, from the outermost; `text` for a JSON text. */
  readonly inside?: readonly string[];
};

/** What is known while a file is read, besides the record, and the function that is called with each assumption. */
export type FileContext = { readonly order: DateOrder; readonly assume: (sentence: string) => void };

/** The text of a record inside its wrappers: `raw` is the record to keep where the text is not the original. */
type Place = { readonly json: string; readonly raw: string | null; readonly depth: number };

/**
 * Reads the JSON text of one record, of whatever kind, inside whatever known wrappers. `value` is what `JSON.parse` makes
 * of it, where that is known.
 */
export function understand(json: string, context: FileContext, value: JsonObject | null = null): Understood {
  const found = understandAt({ json, raw: null, depth: 0 }, context, value);
  if (found.known && found.inside !== undefined) context.assume(assumedOf(found.inside));
  return found;
}

function assumedOf(inside: readonly string[]): string {
  const members = inside.filter((step) => step !== text);
  if (members.length === 0) return 'The records are JSON texts inside JSON; the texts were read.';
  return `The records lie inside a wrapper, in its member ${members.join('.')}, and were read from there.`;
}

const text = 'text';

function understandAt(place: Place, context: FileContext, value: JsonObject | null = null): Understood {
  let record: unknown;
  try {
    record = value ?? JSON.parse(place.json);
    if (isObject(record) && hasInexactId(record)) record = JSON.parse(place.json, exactly);
  } catch (error) {
    // A record that lacks only an escape may be an audit record.
    return unusable(stoppedInText(error) === 'control character', faultFrom(error));
  }
  try {
    return understandValue(record, place, context);
  } catch (error) {
    // JSON.stringify of a member that is nested thousands deep.
    if (error instanceof RangeError) return unusable(true, 'The record is nested too deep; expected texts.');
    throw error;
  }
}

function understandValue(value: unknown, place: Place, context: FileContext): Understood {
  if (isObject(value)) return understandObject(value, place, context);
  if (place.depth >= deepestWrapper) return unusable(false, noObject);
  if (typeof value === 'string') {
    return understandText(value, place, context);
  }
  return Array.isArray(value) ? understandList(place, context) : unusable(false, noObject);
}

/** A JSON text inside JSON. It is an original of its own. */
function understandText(value: string, { depth }: Place, context: FileContext): Understood {
  if (!/^\s{0,99}[{[]/.test(value)) return unusable(false, noObject);
  const inner = understandAt({ json: value, raw: null, depth: depth + 1 }, context);
  return { ...inner, inside: [text, ...(inner.inside ?? [])] };
}

function understandList({ json, raw, depth }: Place, context: FileContext): Understood {
  let anyKnown = false;
  const outcomes = elementTexts(json).flatMap((own) => {
    const element = understandAt({ json: own, raw, depth: depth + 1 }, context);
    anyKnown ||= element.known;
    return element.outcomes.map((one) => ('reason' in one ? { text: own, ...one } : one));
  });
  return anyKnown ? { known: true, outcomes } : unusable(false, noObject);
}

function understandObject(object: JsonObject, place: Place, context: FileContext): Understood {
  const certain = unwrapped(object, certainWrappersIn(object), place, context);
  if (certain !== null) return certain;
  const isFlattened = hasPath(object);
  const record = isFlattened ? nested(object) : object;
  const known = byKind(record, object, place, context.order);
  if (known !== null) return known;
  const inner = isFlattened
    ? { json: JSON.stringify(record), raw: place.raw ?? oneLine(place.json), depth: place.depth }
    : place;
  return unwrapped(record, wrappersIn(record), inner, context) ?? unusable(false, noKnownKind);
}

const noKnownKind = 'The record is of no known kind; expected a Microsoft 365 or Google Workspace audit record.';

/** Names that are no path. Millions of records have the same few. */
const plainNames = new Set<string>();
const mostPlainNames = 5000;

/** Whether an object has names such as `Item.Subject`, which come from flattening; `X@odata.type` does not. */
function hasPath(object: JsonObject): boolean {
  for (const name in object) {
    if (plainNames.has(name)) continue;
    if ((name.includes('.') || name.includes('[')) && !name.includes('@odata')) return true;
    if (plainNames.size < mostPlainNames && name.length < 100) plainNames.add(name);
  }
  return false;
}

/** The record inside the first of these members that holds one of a known kind, or null. */
function unwrapped(
  object: JsonObject,
  names: readonly string[],
  { json, raw, depth }: Place,
  context: FileContext,
): Understood | null {
  if (names.length === 0 || depth >= deepestWrapper) return null;
  const texts = memberTexts(json, wrapperNames);
  for (const name of names) {
    const value = object[name];
    if (value === null || (typeof value !== 'object' && typeof value !== 'string')) continue;
    const inner = understandAt({ json: texts.get(name)!, raw, depth: depth + 1 }, context);
    if (inner.known) return { ...inner, inside: [name, ...(inner.inside ?? [])] };
  }
  return null;
}

/** `object` is the record with its members' names as they are written, where `record` is nested. */
function byKind(record: JsonObject, object: JsonObject, place: Place, order: DateOrder): Understood | null {
  const raw = () => place.raw ?? oneLine(place.json);
  if (isObject(record.id)) {
    const isRowOfGam = !isObject(object.id) && elements(record.events).length === 0;
    if (isRowOfGam && 'uniqueQualifier' in record.id) return known([gamActivity(record, object, raw(), order)]);
    const isActivity = 'events' in record || 'actor' in record || record.kind === 'admin#reports#activity';
    if (isActivity) return known(googleActivities(record, raw(), order));
  }
  if ('AuditData' in record) return known([purviewActivity(record, record === object ? place.json : null, order)]);
  if ('auditData' in record || ('createdDateTime' in record && 'auditLogRecordType' in record)) {
    return known([graphActivity(record, raw(), order)]);
  }
  const isRecord = 'Id' in record && 'CreationTime' in record;
  if (isRecord) return known([managementActivity(record, raw(), order)]);
  if (isFlat(Object.keys(record))) {
    const { record: columns, timeMember } = columnsOf(record);
    const { CreationTime, ...members } = columns;
    const row = { record: { CreationTime }, timeMember };
    return known([managementActivity({ ...record, ...members }, raw(), order, row)]);
  }
  if (managementMembers.filter((name) => name in record).length >= 2) {
    return known([managementActivity(record, raw(), order)]);
  }
  return isEmptyPage(record) ? known([]) : null;
}

function known(outcomes: readonly (Activity | Unusable)[]): Understood {
  return { known: true, outcomes };
}

/** A record with two of these is of the Management Activity API, so the reject of one without an Id can say so. */
const managementMembers = ['Id', 'CreationTime', 'Operation', 'RecordType', 'UserId', 'Workload'];

/** A page of results that lists none: Google leaves `items` out then. */
function isEmptyPage(record: JsonObject): boolean {
  return (
    record.kind === 'admin#reports#activities' || (typeof record['@odata.context'] === 'string' && !('id' in record))
  );
}

/** Some tools write ids as bare numbers beyond 2^53, where two different ids would be read as one number. */
function hasInexactId({ Id, RecordId, Identity, OfficeId, id }: JsonObject): boolean {
  if (isInexact(Id) || isInexact(RecordId) || isInexact(Identity) || isInexact(OfficeId)) return true;
  return isInexact(inside(id, 'uniqueQualifier'));
}

function isInexact(id: unknown): boolean {
  return typeof id === 'number' && !Number.isSafeInteger(id);
}

function exactly(_name: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === 'number' && !Number.isSafeInteger(value) ? (context?.source ?? value) : value;
}

function unusable(known: boolean, reason: string): Understood {
  return { known, outcomes: [{ reason }] };
}
