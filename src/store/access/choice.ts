/** The tables that hold every row: `activity` in order of time, the copies in order of users or objects and then of time. */
export type RowTable = 'activity' | 'by_user' | 'by_object';

/** Which parts of the tables' keys a selection gives. */
export type Narrowing = {
  /** One user or several. */
  readonly users: boolean;
  readonly object: boolean;
  /** A time to start from or one to end before. */
  readonly period: boolean;
};

/** About how many rows each table would read for a selection. */
export type TableSizes = Partial<Readonly<Record<RowTable, number>>>;

export type TableChoice = {
  readonly table: RowTable;
  readonly because:
    | 'it gives neither user nor object'
    | 'rows of one user are together'
    | 'rows of one object are together'
    | 'it reads the fewest rows';
};

/**
 * The tables from which a selection can be read without reading everything, the best guess first. A user's rows in a
 * period are together in `by_user`. What is below an object is in the order of the paths there, so that a short period
 * may be less in `activity`.
 */
export function candidatesFor({ users, object, period }: Narrowing): readonly RowTable[] {
  if (users) return object ? ['by_user', 'by_object'] : ['by_user'];
  if (object) return period ? ['by_object', 'activity'] : ['by_object'];
  return ['activity'];
}

/** The table to read a selection from; `sizes` has the candidates where there are several. */
export function tableFor(narrowing: Narrowing, sizes: TableSizes): TableChoice {
  const candidates = candidatesFor(narrowing);
  if (candidates.length > 1) {
    const table = candidates.reduce((best, next) => (sizeOf(sizes, next) < sizeOf(sizes, best) ? next : best));
    return { table, because: 'it reads the fewest rows' };
  }
  if (narrowing.users) return { table: 'by_user', because: 'rows of one user are together' };
  if (narrowing.object) return { table: 'by_object', because: 'rows of one object are together' };
  return { table: 'activity', because: 'it gives neither user nor object' };
}

/** Sorted at once: some 200 bytes a row, so 50 MB. */
export const rowsSortedAtOnce = 250_000;

export type OrderChoice = {
  /**
   * `in order`: rows come out of `activity` in the order of the report. `sorted`: rows of a copy, sorted by time at once.
   * `sorted in pieces`: the same, some days at a time.
   */
  readonly read: 'in order' | 'sorted' | 'sorted in pieces';
  readonly because:
    | 'the table is in the order of the report'
    | 'the rows are few'
    | 'pieces of a copy are less to read'
    | 'the rows are a large part of everything';
};

/**
 * How to read the rows of a selection in the order of the report. Each piece of a copy reads the keys of all of its rows
 * again, unless they are those of one user, where the time is part of the order.
 */
export function orderFor(
  table: RowTable,
  rows: number,
  { users }: Pick<Narrowing, 'users'>,
  sizes: TableSizes,
  atOnce = rowsSortedAtOnce,
): OrderChoice {
  if (table === 'activity') return { read: 'in order', because: 'the table is in the order of the report' };
  if (rows <= atOnce) return { read: 'sorted', because: 'the rows are few' };
  const pieces = table === 'by_user' && users ? 1 : Math.ceil(rows / atOnce);
  const inPieces = sizeOf(sizes, table) * pieces;
  return inPieces <= sizeOf(sizes, 'activity')
    ? { read: 'sorted in pieces', because: 'pieces of a copy are less to read' }
    : { read: 'in order', because: 'the rows are a large part of everything' };
}

/** So many rows of a copy are sorted for a page within tens of milliseconds. */
const rowsSortedForPage = 500_000;

export type PageChoice = {
  /** Whether the newest or oldest activities of everything are looked through first. */
  readonly lookThrough: boolean;
  readonly because: 'the rows are in order of time' | 'the rows are few' | 'many rows are likely to be near the end';
};

/**
 * How to find a page. A copy sorts the times of all rows of an object: 0.5 s for seven million. Where an object has that
 * many, some of the latest activities of the tenant are likely to be its own; only when they are not is the copy sorted.
 */
export function pageChoiceFor(table: RowTable, sizes: TableSizes): PageChoice {
  if (table !== 'by_object') return { lookThrough: false, because: 'the rows are in order of time' };
  return sizeOf(sizes, table) > rowsSortedForPage
    ? { lookThrough: true, because: 'many rows are likely to be near the end' }
    : { lookThrough: false, because: 'the rows are few' };
}

function sizeOf(sizes: TableSizes, table: RowTable): number {
  return sizes[table] ?? Number.POSITIVE_INFINITY;
}
