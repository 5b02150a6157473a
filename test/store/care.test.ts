import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textColumns } from '../../src/domain/columns.ts';
import { careBits, careFor, longUnits } from '../../src/store/rows/care.ts';
import { activity } from './activities.ts';

const bit = (i: number) => 1 << i;

test('an everyday activity needs no care', () => {
  assert.equal(careFor(activity(1)), 0);
  assert.equal(
    careFor(activity(1, { item: 'Présentation 議事録 😀 a_x b.docx', object: 'https://a.example/<x>?a=1&b="2"' })),
    0,
  );
});

test('each column that is not plain has its own bit', () => {
  textColumns.forEach((name, i) => {
    for (const text of [
      '=1',
      '+',
      '-',
      '@',
      ' a',
      'a ',
      'a\nb',
      '\u0000',
      'a\u007f',
      '_x0041_',
      '\uffff',
      '\ufffe',
      '\u0085',
      '\ttab',
    ]) {
      assert.equal(careFor(activity(1, { [name]: text })), bit(i), JSON.stringify(text));
    }
    assert.equal(careFor(activity(1, { [name]: '' })), 0);
    assert.equal(careFor(activity(1, { [name]: 'x'.repeat(longUnits) })), 0);
    // Units, not characters: this one has 32,766 of the first and 16,383 of the second, the next two units more.
    assert.equal(careFor(activity(1, { [name]: '😀'.repeat(16_383) })), 0);
    assert.equal(careFor(activity(1, { [name]: '😀'.repeat(16_384) })), bit(i) | bit(careBits.long));
  });
});

test('the original record has a bit of its own', () => {
  assert.equal(careFor(activity(1, { raw: '{"a":"_x0041_"}' })), bit(careBits.raw));
  assert.equal(careFor(activity(1, { raw: `{"a":"${'x'.repeat(longUnits)}"}` })), bit(careBits.raw));
});
