import { withoutSeparatorsAtEnd } from '../sink.ts';

/** Lists and pages may hold others, so many in each other. */
export const deepestList = 4;

/**
 * Members that hold a page's records: Graph's `value`, Google's `items`, `activities` as collecting tools write it, and
 * what event hubs, advanced hunting and search engines call theirs.
 */
const lists: ReadonlySet<string> = new Set([
  'value',
  'items',
  'activities',
  'records',
  'Records',
  'results',
  'Results',
  'hits',
]);
const longestName = 10;

/** Members that only a record has: after one of them, a list is the record's own. */
const recordMembers = [
  'id',
  'Id',
  'CreationTime',
  'createdDateTime',
  'Operation',
  'RecordType',
  'AuditData',
  'auditData',
  '_raw',
  'RawEventData',
  'OfficeId',
];
const isRecordMember: ReadonlySet<string> = new Set(recordMembers);

/**
 * Whether an object may be a page by its members. A record member in the first place excludes it, since its lists are the
 * record's own; otherwise the text decides, in which a name may occur twice.
 */
export function mayBePage(object: object): boolean {
  for (const first in object) {
    if (isRecordMember.has(first)) return false;
    break;
  }
  for (const name of lists) if (name in object) return true;
  return false;
}

/**
 * Whether the list that follows `before` is the value of a member that may hold records. `before` ends where the value
 * begins.
 */
export function isNamedLikePage(before: Buffer): boolean {
  const colon = endOf(before, before.length);
  if (before[colon - 1] !== 0x3a) return false;
  const quote = endOf(before, colon - 1) - 1;
  if (before[quote] !== 0x22) return false;
  const near = before.toString('latin1', Math.max(0, quote - longestName - 1), quote);
  const start = near.lastIndexOf('"');
  return start >= 0 && lists.has(near.slice(start + 1));
}

/** Whether the object that `before` begins is a page, and not a record that has such a list itself. */
export function isPage(before: Buffer): boolean {
  const start = before.lastIndexOf(0x22, before.lastIndexOf(0x22) - 1);
  const members = withoutSeparatorsAtEnd(before.toString('utf8', 0, start));
  try {
    const object: object = JSON.parse(`${members}}`);
    return !recordMembers.some((name) => name in object);
  } catch {
    return false;
  }
}

/** The index after the last byte before `end` that is not white space. Looks back 1,000 bytes at most. */
function endOf(bytes: Buffer, end: number): number {
  let at = end;
  const least = Math.max(0, end - 1000);
  while (at > least && bytes[at - 1]! <= 0x20) at--;
  return at;
}
