import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { etagFor, reprDigestFor } from '../../src/download/digests.ts';
import { partFor } from '../../src/download/ranges.ts';

const etag = '"abc"';

for (const [range, start, end] of [
  ['bytes=0-0', 0, 1],
  ['bytes=0-499', 0, 500],
  ['bytes=500-', 500, 1000],
  ['bytes=-1', 999, 1000],
  ['bytes=-5000', 0, 1000],
  ['bytes=990-99999999999999999999', 990, 1000],
  ['Bytes=5-6', 5, 7],
] as const) {
  test(`${range} is that part`, () => {
    assert.deepEqual(partFor(range, undefined, 1000, etag), { whole: false, start, end });
  });
}

for (const range of [
  'bytes=9-5',
  'bytes=',
  'bytes=-',
  'bytes=a-b',
  'rows=1-2',
  'bytes=0-1,5-6',
  'bytes=1',
  '-5',
  '',
  'bytes = 5 - 6',
]) {
  test(`"${range}" is not one range and is answered with the whole`, () => {
    assert.deepEqual(partFor(range, undefined, 1000, etag), { whole: true, start: 0, end: 1000 });
  });
}

for (const range of ['bytes=1000-', 'bytes=1000-1001', 'bytes=-0', 'bytes=99999999999999999999-']) {
  test(`${range} lies outside of 1000 bytes and is refused with their number`, () => {
    assert.throws(() => partFor(range, undefined, 1000, etag), { code: 'range_invalid', facts: { bytes: 1000 } });
  });
}

test('a range goes with its ETag only: another, a weak one and a date give the whole', () => {
  assert.equal(partFor('bytes=1-2', etag, 1000, etag).whole, false);
  for (const other of ['"abd"', 'W/"abc"', 'abc', 'Mon, 23 Nov 2026 17:00:00 GMT']) {
    assert.equal(partFor('bytes=1-2', other, 1000, etag).whole, true);
  }
});

test('any range header gives a part inside the file, the whole, or range_invalid', () => {
  const number = fc.oneof(fc.constant(''), fc.nat(2000).map(String));
  const header = fc.oneof(
    fc.string(),
    fc.tuple(number, number).map(([first, last]) => `bytes=${first}-${last}`),
  );
  fc.assert(
    fc.property(header, fc.integer({ min: 1, max: 1500 }), (range, bytes) => {
      try {
        const { start, end } = partFor(range, undefined, bytes, etag);
        assert.ok(start >= 0 && start < end && end <= bytes);
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'range_invalid');
      }
    }),
  );
});

test('digests are written as their standards have them', () => {
  const sha256 = '00ff';
  assert.equal(etagFor(sha256), `"${sha256}"`);
  assert.equal(reprDigestFor('00ff'), 'sha-256=:AP8=:');
});
