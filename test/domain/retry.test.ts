import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterFailedAttempt } from '../../src/domain/retry.ts';

const limits = { attempts: 5, diskFullMs: 60_000 };

test('a failure that another attempt may mend is tried again after growing pauses, until the attempts are spent', () => {
  const after = (attempt: number) =>
    afterFailedAttempt({ attempt, code: 'store_unreachable', sinceFirstMs: 0 }, limits);
  assert.deepEqual(after(1), { do: 'retry', afterMs: 200, counts: true });
  assert.deepEqual(after(4), { do: 'retry', afterMs: 1600, counts: true });
  assert.deepEqual(after(5), { do: 'give up', because: 'attempts spent' });
});

test('a failure that no attempt can mend is not tried again', () => {
  const after = afterFailedAttempt({ attempt: 1, code: 'import_not_understood', sinceFirstMs: 0 }, limits);
  assert.deepEqual(after, { do: 'give up', because: 'not worth another' });
});

test('a full disk is waited for, however many attempts there were, and given up after its time', () => {
  const after = (sinceFirstMs: number) => afterFailedAttempt({ attempt: 99, code: 'disk_full', sinceFirstMs }, limits);
  assert.deepEqual(after(-5), { do: 'retry', afterMs: 1000, counts: false });
  assert.deepEqual(after(50_000), { do: 'retry', afterMs: 5000, counts: false });
  assert.deepEqual(after(60_000), { do: 'give up', because: 'the disk stayed full' });
});
