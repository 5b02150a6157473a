import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatBytes, formatCount, formatSeconds, formatTable, shortenText, textWidth } from '../../src/kit/print.ts';

test('columns of a table stand below each other whatever the width of their characters', () => {
  const table = formatTable([
    ['Name', 'Rows'],
    ['売上報告', '1,200'],
    ['👩‍👩‍👧 family', '7'],
    ['plain', '12'],
  ]);
  const lines = table.trimEnd().split('\n');
  const ends = lines.map((line) => textWidth(line));
  assert.deepEqual(new Set(ends).size, 1, table);
  assert.match(table, /^plain {9}12$/m);
});

test('no cell can move the cursor, change colours or begin a line', () => {
  const table = formatTable([['Name'], ['a\u001b[2Jb\nc\u0007']]);
  assert.equal(table, 'Name\na\ufffd[2Jb\ufffdc\ufffd\n');
});

test('a text is cut at a width in columns, never inside a character', () => {
  assert.equal(shortenText('short', 5), 'short');
  assert.equal(shortenText('longer', 5), 'long…');
  assert.equal(shortenText('売上報告', 5), '売上…');
  assert.equal(shortenText('👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧', 4), '👩‍👩‍👧…');
});

test('numbers, sizes and durations', () => {
  assert.deepEqual(
    [0, 999, 1000, 1_234_567].map((n) => formatCount(n)),
    ['0', '999', '1,000', '1,234,567'],
  );
  assert.deepEqual([0, 1, 1023, 1024, 12_900_000].map(formatBytes), [
    '0 bytes',
    '1 byte',
    '1023 bytes',
    '1.0 KiB',
    '12.3 MiB',
  ]);
  assert.deepEqual([0, 0.2, 59, 60, 125, 5400].map(formatSeconds), ['0s', '1s', '59s', '1m 0s', '2m 5s', '1h 30m']);
});
