import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  candidatesFor,
  type Narrowing,
  orderFor,
  pageChoiceFor,
  type RowTable,
  rowsSortedAtOnce,
  type TableSizes,
  tableFor,
} from '../../../src/store/access/choice.ts';

const nothing: Narrowing = { users: false, object: false, period: false };

test('a selection is read where its rows are together, and where two tables would do, from the one with fewer to read', () => {
  const cases: [Partial<Narrowing>, TableSizes, RowTable][] = [
    [{}, {}, 'activity'],
    [{ period: true }, {}, 'activity'],
    [{ users: true }, {}, 'by_user'],
    [{ users: true, period: true }, {}, 'by_user'],
    [{ object: true }, {}, 'by_object'],
    // A day of everything, or all times of a large object.
    [{ object: true, period: true }, { by_object: 9_000, activity: 300_000 }, 'by_object'],
    [{ object: true, period: true }, { by_object: 90_000_000, activity: 300_000 }, 'activity'],
    [{ users: true, object: true }, { by_user: 10_000, by_object: 90_000_000 }, 'by_user'],
    [{ users: true, object: true }, { by_user: 5_000_000, by_object: 8_192 }, 'by_object'],
    [{ users: true, object: true, period: true }, { by_user: 8_192, by_object: 8_192 }, 'by_user'],
  ];
  for (const [over, sizes, table] of cases) {
    const narrowing = { ...nothing, ...over };
    assert.equal(tableFor(narrowing, sizes).table, table, JSON.stringify([over, sizes]));
    assert.ok(candidatesFor(narrowing).includes(table));
  }
  assert.equal(tableFor({ ...nothing, users: true }, {}).because, 'rows of one user are together');
  assert.equal(tableFor({ ...nothing, object: true }, {}).because, 'rows of one object are together');
  assert.equal(tableFor(nothing, {}).because, 'it gives neither user nor object');
});

test('few rows of a copy are sorted at once, more in pieces, and a large part of everything is read in its order', () => {
  const everything = 100_000_000;
  const byObject = (rows: number) =>
    orderFor('by_object', rows, { users: false }, { by_object: rows, activity: everything });
  assert.equal(orderFor('activity', everything, nothing, {}).read, 'in order');
  assert.deepEqual(orderFor('by_object', rowsSortedAtOnce, nothing, {}), {
    read: 'sorted',
    because: 'the rows are few',
  });
  assert.equal(byObject(rowsSortedAtOnce + 1).read, 'sorted in pieces');
  // Twenty pieces read the keys of five million rows each.
  assert.equal(byObject(5_000_000).read, 'sorted in pieces');
  assert.equal(byObject(6_000_000).read, 'in order');
  assert.equal(byObject(90_000_000).read, 'in order');
  // A piece of one user's time is together.
  const sizes = { by_user: 30_000_000, activity: everything };
  assert.equal(orderFor('by_user', 30_000_000, { users: true }, sizes).read, 'sorted in pieces');
});

test('a page of an object is sorted where its rows are few, and looked for near the end where they are many', () => {
  assert.equal(pageChoiceFor('by_object', { by_object: 400_000 }).lookThrough, false);
  assert.deepEqual(pageChoiceFor('by_object', { by_object: 7_000_000 }), {
    lookThrough: true,
    because: 'many rows are likely to be near the end',
  });
  assert.equal(pageChoiceFor('by_user', { by_user: 7_000_000 }).lookThrough, false);
});
