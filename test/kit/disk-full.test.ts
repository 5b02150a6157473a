import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../src/domain/failure.ts';
import { isDiskFull, orDiskFull } from '../../src/kit/files.ts';

const failed = (message: string, facts: object) => Object.assign(new Error(message), facts);

test('a full disk is known whoever reports it: the system, a quota, SQLite, the engine, or a cause of another error', () => {
  const full = [
    failed('ENOSPC: no space left on device, write', { code: 'ENOSPC' }),
    failed('EDQUOT: disk quota exceeded, write', { code: 'EDQUOT' }),
    failed('database or disk is full', { code: 'ERR_SQLITE_ERROR', errcode: 13 }),
    failed('Cannot reserve 1 MiB', { clickhouseCode: 243 }),
    failed('Cannot write to file, errno: 28, strerror: No space left on device', { clickhouseCode: 75 }),
    failed('Code: 243. DB::Exception: Cannot reserve 1 MiB. (NOT_ENOUGH_SPACE)', {}),
    new Failure('disk_full', 'The disk is full.'),
    new Error('outer', { cause: failed('inner', { code: 'ENOSPC' }) }),
  ];
  for (const error of full) {
    assert.ok(isDiskFull(error), String(error));
    assert.equal((orDiskFull(error) as Failure).code, 'disk_full');
  }
});

test('no other error is taken for a full disk, and none is changed', () => {
  const others = [
    failed('EIO: i/o error, write', { code: 'EIO' }),
    failed('database is locked', { code: 'ERR_SQLITE_ERROR', errcode: 5 }),
    failed('Memory limit exceeded', { clickhouseCode: 241 }),
    new Failure('report_incomplete', 'No space left on device'),
    null,
    'ENOSPC',
  ];
  for (const error of others) {
    assert.equal(isDiskFull(error), false, String(error));
    assert.equal(orDiskFull(error), error);
  }
});
