import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { objectFromSegment, userFromSegment } from '../../src/domain/selection.ts';

const twice = (text: string) => encodeURIComponent(encodeURIComponent(text));
/** What a router hands on: one layer taken off. */
const routed = (segment: string) => decodeURIComponent(segment);

test('one or two layers of encoding name the same user', () => {
  const guest = 'lynne_fabrikam.example#EXT#@contoso.example';
  assert.equal(userFromSegment(routed(encodeURIComponent(guest))), guest);
  assert.equal(userFromSegment(routed(twice(guest))), guest);
  assert.equal(userFromSegment(routed('lynne_fabrikam.example%2523EXT%2523@contoso.example')), guest);
});

test('one or two layers of encoding name the same object, and a percent sign of its own is kept', () => {
  const path = 'C:\\Users\\ana\\Überblick 100%.docx';
  for (const segment of [encodeURIComponent(path), twice(path)]) {
    assert.equal(objectFromSegment(routed(segment)), path);
  }
  assert.equal(objectFromSegment('a%2 b'), 'a%2 b');
  assert.equal(objectFromSegment('%zz'), '%zz');
});

test('any text survives one layer', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const object = objectFromSegment(routed(encodeURIComponent(text)));
      // Only a text that still looks wholly encoded is taken for a second layer.
      return /%[0-9a-f]{2}/i.test(text) || object === text;
    }),
  );
});

test('a segment is decoded in time proportional to its length, whatever it repeats', () => {
  const units = ['%', '%25', '%2', '%FF', '%E9%8', '%C3%A9', 'a', '\u0301', '😀', '%F0%9F%98%80', '%zz', "'()"];
  const msOf = (text: string) => {
    const runs = Array.from({ length: 5 }, () => {
      const from = performance.now();
      userFromSegment(text);
      objectFromSegment(text);
      return performance.now() - from;
    });
    return Math.min(...runs);
  };
  for (const unit of units) {
    const [small, large] = [2 ** 15, 2 ** 20].map((length) => msOf(unit.repeat(length / unit.length))) as [
      number,
      number,
    ];
    // 32 times the length; quadratic would be 1,024 times the time. A busy machine may take 200 times.
    assert.ok(large < 200 * Math.max(small, 0.25), `${JSON.stringify(unit)}: ${small} ms, then ${large} ms`);
  }
});
