import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { objectFromSegment, objectKeyFor, userFromSegment, userKeyFor } from '../../src/domain/selection.ts';

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
  const url = 'https://contoso.sharepoint.example/sites/team 1/Shared Documents/100%25 é.docx';
  for (const segment of [encodeURIComponent(url), twice(url)]) {
    assert.equal(objectKeyFor(objectFromSegment(routed(segment))), objectKeyFor(url));
  }
  assert.equal(objectFromSegment('a%2 b'), 'a%2 b');
  assert.equal(objectFromSegment('%zz'), '%zz');
});

test('objects are compared without case, percent-encoding and trailing slash when they are URLs, else exactly', () => {
  const key = objectKeyFor('https://x.example/Sites/Team1/Shared Documents');
  assert.equal(objectKeyFor('HTTPS://X.example/sites/team1/Shared%20Documents/'), key);
  assert.notEqual(objectKeyFor('https://x.example/sites/team10/Shared Documents'), key);
  assert.equal(objectKeyFor('AbC%20'), 'AbC%20');
  assert.notEqual(objectKeyFor('abc'), objectKeyFor('ABC'));
});

test('users are compared without case', () => {
  assert.equal(userKeyFor('Megan@Contoso.Example'), userKeyFor('megan@contoso.example'));
  assert.notEqual(userKeyFor('megan@contoso.example'), userKeyFor('megan@contoso.example.org'));
});

test('any text survives one layer as an object of its own', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const key = objectKeyFor(objectFromSegment(routed(encodeURIComponent(text))));
      // Only a text that still looks wholly encoded is taken for a second layer.
      return /%[0-9a-f]{2}/i.test(text) || key === objectKeyFor(text);
    }),
  );
});
