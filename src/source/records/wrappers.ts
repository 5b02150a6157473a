/**
 * Members that hold the record itself in what collectors and queries write, in the order in which they are tried:
 * Splunk's `_raw`, Defender's `RawEventData`, Wazuh's `office365`, the `event.original` and `o365.audit` of Elastic and
 * Beats, the result of a search in Elasticsearch, Splunk, Log Analytics or advanced hunting.
 */
const wrappers = [
  '_raw',
  'RawEventData',
  '_source',
  'result',
  'event',
  'original',
  'message',
  'office365',
  'o365audit',
  'o365',
  'audit',
  'data',
  'json',
  'body',
  'payload',
  'log',
  'record',
  'properties',
  'hits',
  'records',
  'Records',
  'results',
  'Results',
  'value',
  'items',
  'activities',
] as const;

export const wrapperNames: ReadonlySet<string> = new Set(wrappers);

/** No audit record has one of these members: they are unwrapped first, whatever other members there are. */
const certain = ['_raw', 'RawEventData'] as const;

/** The certain wrappers that an object has. */
export function certainWrappersIn(record: object): readonly string[] {
  return certain.some((name) => name in record) ? certain.filter((name) => name in record) : none;
}

const none: readonly string[] = [];

/** The wrappers that an object has, in the order in which they are tried. */
export function wrappersIn(record: object): readonly string[] {
  return wrappers.filter((name) => name in record);
}

/** How deep wrappers may lie inside each other. */
export const deepestWrapper = 8;
