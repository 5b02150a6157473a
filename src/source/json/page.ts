/** Members that hold a page's records: Graph's `value`, Google's `items`, and `activities` as collecting tools write it. */
const lists = ['value', 'items', 'activities'];

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
];

/**
 * Whether the list that follows `before` holds records. `before` ends where a member's value begins, and starts with the
 * object's bracket when `whole`; else it is only the last of it.
 */
export function isListOfRecords(before: Buffer, whole: boolean): boolean {
  const colon = endOf(before, before.length);
  if (before[colon - 1] !== 0x3a) return false;
  const quote = endOf(before, colon - 1) - 1;
  const start = quote < 1 ? -1 : before.lastIndexOf(0x22, quote - 1);
  if (start < 0 || before[quote] !== 0x22 || !lists.includes(before.toString('latin1', start + 1, quote))) return false;
  if (!whole) return true;
  const members = before.toString('utf8', 0, start).replace(/[\s,]+$/, '');
  try {
    const object: object = JSON.parse(`${members}}`);
    return !recordMembers.some((name) => name in object);
  } catch {
    return false;
  }
}

/** The index after the last byte before `end` that is no white space. */
function endOf(bytes: Buffer, end: number): number {
  let at = end;
  while (at > 0 && bytes[at - 1]! <= 0x20) at--;
  return at;
}
