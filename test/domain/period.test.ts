import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Failure } from '../../src/domain/failure.ts';
import { periodFromBounds, periodFromWire, writtenTime } from '../../src/domain/period.ts';

const at = (text: string) => Date.parse(text);
const wire = (start: string | null, finish: string | null) =>
  periodFromWire(
    start === null ? null : { name: 'startTime', text: start },
    finish === null ? null : { name: 'finishTime', text: finish },
  );

test('a time without zone means UTC, and one with a zone is that moment', () => {
  assert.equal(writtenTime('2026-11-23T17:00:00')?.ms, at('2026-11-23T17:00:00Z'));
  assert.equal(writtenTime('2026-11-23T17:00:00Z')?.ms, at('2026-11-23T17:00:00Z'));
  assert.equal(writtenTime('2026-11-23T17:00:00+05:30')?.ms, at('2026-11-23T11:30:00Z'));
  assert.equal(writtenTime('2026-11-23T17:00:00-0100')?.ms, at('2026-11-23T18:00:00Z'));
  assert.equal(writtenTime('2021-01-19T22:21:39.0000000Z ')?.ms, at('2021-01-19T22:21:39Z'));
  assert.equal(writtenTime('2022-12-12 19:31:41')?.ms, at('2022-12-12T19:31:41Z'));
});

test('a finish takes the whole of what it was given to: a second, a minute, a day, a millisecond', () => {
  assert.equal(wire(null, '2026-11-23T17:00:00').untilMs, at('2026-11-23T17:00:01Z'));
  assert.equal(wire(null, '2026-11-23T17:00').untilMs, at('2026-11-23T17:01:00Z'));
  assert.equal(wire(null, '2026-11-23').untilMs, at('2026-11-24T00:00:00Z'));
  assert.equal(wire(null, '2026-11-23T17:00:00.123').untilMs, at('2026-11-23T17:00:00.124Z'));
  assert.equal(wire(null, '2026-11-23T17:00:00.1').untilMs, at('2026-11-23T17:00:00.200Z'));
});

test('from is inside and until is outside, so months tile', () => {
  const november = periodFromBounds('2026-11-01T00:00:00Z', '2026-12-01T00:00:00Z');
  const december = periodFromBounds('2026-12-01T00:00:00Z', null);
  assert.equal(november.untilMs, december.fromMs);
});

test('what is no time, or none that exists, is refused by name', () => {
  for (const text of [
    '',
    'yesterday',
    '2026-02-30T00:00:00',
    '2026-11-23T24:00:00',
    '2026-11-23T17:00:65',
    '1800-01-01',
    '2026-11-23T17:00:00+99:00',
  ]) {
    assert.throws(
      () => wire(text, null),
      (error) =>
        error instanceof Failure && error.code === 'parameter_invalid' && error.message.startsWith('startTime '),
      text,
    );
  }
  assert.throws(() => wire('2026-11-24', '2026-11-23'), /startTime must not be later than finishTime/);
  assert.doesNotThrow(() => wire('2026-11-23', '2026-11-23'));
  assert.doesNotThrow(() => wire('2026-11-23T17:00:04.624Z', '2026-11-23T17:00:04'));
  assert.throws(() => wire('2026-11-23T17:00:05', '2026-11-23T17:00:04'), /exchange the two/);
});

test('every time that JavaScript writes is read back to the millisecond', () => {
  const dates = fc.date({ min: new Date('1900-01-01'), max: new Date('2299-12-31'), noInvalidDate: true });
  fc.assert(fc.property(dates, (date) => writtenTime(date.toISOString())?.ms === date.getTime()));
});
