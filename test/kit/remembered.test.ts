import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Remembered } from '../../src/kit/sqlite/remembered.ts';
import { openSqlite, transaction } from '../../src/kit/sqlite/sqlite.ts';

const directory = mkdtempSync(join(tmpdir(), 'trailport-'));
const path = join(directory, 'remembered.sqlite');
const db = openSqlite(path, 1000);
const other = openSqlite(path, 1000);
db.exec('CREATE TABLE word (id INTEGER PRIMARY KEY, text TEXT)');
after(() => {
  db.close();
  other.close();
  rmSync(directory, { recursive: true });
});

let reads = 0;
const remembered = new Remembered<number, string | null>(db, 3);
const wordOf = (id: number) =>
  remembered.get(id, () => {
    reads++;
    return (db.prepare('SELECT text FROM word WHERE id = ?').get(id)?.text as string | undefined) ?? null;
  });
const readsOf = (work: () => void): number => {
  const before = reads;
  work();
  return reads - before;
};
const millisecond = () => {
  const started = performance.now();
  while (performance.now() - started < 1.1);
};

test('a value is read once while nothing is written, also one that is not there', () => {
  db.exec("INSERT INTO word VALUES (1, 'one')");
  assert.equal(wordOf(1), 'one');
  assert.equal(wordOf(2), null);
  assert.equal(
    readsOf(() => {
      assert.equal(wordOf(1), 'one');
      assert.equal(wordOf(2), null);
    }),
    0,
  );
});

test('what this connection writes is seen at once', () => {
  wordOf(1);
  db.exec("UPDATE word SET text = 'first' WHERE id = 1");
  assert.equal(wordOf(1), 'first');
  db.exec("INSERT INTO word VALUES (2, 'two')");
  assert.equal(wordOf(2), 'two');
});

test('what another connection commits is seen within a millisecond, and not before it is committed', () => {
  wordOf(1);
  other.exec("BEGIN IMMEDIATE; UPDATE word SET text = 'elsewhere' WHERE id = 1");
  millisecond();
  assert.equal(wordOf(1), 'first');
  other.exec('COMMIT');
  millisecond();
  assert.equal(wordOf(1), 'elsewhere');
});

test('what another connection has committed is seen at once after askAgain', () => {
  wordOf(1);
  other.exec("UPDATE word SET text = 'again' WHERE id = 1");
  remembered.askAgain();
  assert.equal(wordOf(1), 'again');
});

test('what a transaction writes and takes back is not remembered', () => {
  const undone = () =>
    transaction(db, () => {
      db.exec("UPDATE word SET text = 'undone' WHERE id = 1");
      assert.equal(wordOf(1), 'undone');
      throw new Error('taken back');
    });
  assert.throws(undone, /taken back/);
  assert.equal(wordOf(1), 'again');
});

test('values that weigh too much together are forgotten, and one that does alone is never kept', () => {
  const texts = new Remembered<string, string>(db, 10, (text) => text.length);
  const read = (text: string) => {
    reads++;
    return text;
  };
  const of = (text: string) => readsOf(() => texts.get(text, () => read(text)));
  assert.deepEqual([of('12345'), of('67890'), of('12345'), of('67890')], [1, 1, 0, 0]);
  assert.deepEqual([of('x'), of('12345')], [1, 1]);
  const long = 'more than ten';
  assert.deepEqual([of(long), of(long)], [1, 1]);
});

test('no more values are kept than it may', () => {
  for (let id = 1; id <= 4; id++) wordOf(id);
  assert.equal(
    readsOf(() => wordOf(1)),
    1,
  );
});
