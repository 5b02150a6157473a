import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { pino } from 'pino';
import { prettyOutput } from '../../src/kit/log.ts';

test('in a terminal a line of the log has time, level, role, event and facts; an error has its type and stack', async () => {
  const stream = new PassThrough();
  const log = pino({ base: { role: 'worker' }, messageKey: 'event' }, prettyOutput(stream));
  log.info({ job: 7, rows: 24 }, 'job_finished');
  log.error({ job: 8, err: new TypeError('no such thing') }, 'attempt_failed');
  log.warn('plain');
  log.flush();
  setImmediate(() => stream.end());
  const lines = (await text(stream)).split('\n');
  assert.match(lines[0] ?? '', /^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: worker job_finished {2}job=7 rows=24$/);
  assert.match(lines[1] ?? '', /ERROR: worker attempt_failed {2}job=8 error=TypeError: no such thing$/);
  assert.match(lines.at(-2) ?? '', /WARN: worker plain$/);
});
