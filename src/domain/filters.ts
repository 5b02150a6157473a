/** The filters that are lists. An activity matches one that is empty, and one with any entry that it matches. */
export const listFilters = ['users', 'eventTypes', 'services', 'recordTypes', 'results', 'clientIps'] as const;
export type ListFilter = (typeof listFilters)[number];

/**
 * Which activities of a source and period are meant: those that match every filter. Letter case does not matter, except
 * in an object that is neither a URL nor a path.
 */
export type Filters = {
  /** E-mail or principal name; null for every user. */
  readonly user: string | null;
  /** The object, which includes everything below it; null for every object. */
  readonly object: string | null;
  /** Several users; empty where there is one or none. */
  readonly users: readonly string[];
  /** Names of activities. */
  readonly eventTypes: readonly string[];
  readonly services: readonly string[];
  readonly recordTypes: readonly string[];
  readonly results: readonly string[];
  /** Compared as addresses, because an address has several spellings. */
  readonly clientIps: readonly string[];
  /** A text that the item or the object contains; null for any. */
  readonly text: string | null;
};

/** Every activity matches. */
export const noFilters: Filters = {
  user: null,
  object: null,
  users: [],
  eventTypes: [],
  services: [],
  recordTypes: [],
  results: [],
  clientIps: [],
  text: null,
};

/** The filters of a value that has more members. */
export function filtersOf(all: Filters): Filters {
  const { user, object, users, eventTypes, services, recordTypes, results, clientIps, text } = all;
  return { user, object, users, eventTypes, services, recordTypes, results, clientIps, text };
}
