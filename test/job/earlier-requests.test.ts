import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { exportRequestFor } from '../../src/http/routes/exports/export-request.ts';
import { Desk } from '../../src/job/job.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { add, app, contoso, exportRequest, openJournal } from './fixtures.ts';

test('an export of a version without the later filters is read with empty ones, and the same request is the same job', async () => {
  using jobs = openJournal();
  const { users: _u, services: _s, recordTypes: _t, results: _r, clientIps: _c, text: _x, ...early } = exportRequest;
  // The order of that version.
  const { source, user, object, from, until, eventTypes, ...form } = early;
  const stored = { source, user, object, from, until, eventTypes, ...form };
  const same = createHash('sha256').update(JSON.stringify(stored)).digest('hex');
  const job = { type: 'export', request: stored as never, tenant: contoso, app, same, idempotencyKey: 'key' } as const;
  const id = await add(jobs.journal, job);
  assert.deepEqual((await jobs.journal.find(contoso, id))?.request, exportRequest);
  const desk = new Desk(jobs.journal, systemClock, { jobsWaitingPerTenant: 10 });
  const caller = { tenant: contoso, app, scopes: [] };
  const asked = exportRequestFor({ source, period: { fromMs: null, untilMs: null } });
  assert.equal((await desk.startExport(caller, asked, { fresh: false, idempotencyKey: 'key' })).id, id);
  const other = exportRequestFor({ source, period: { fromMs: null, untilMs: null }, text: 'x' });
  await assert.rejects(desk.startExport(caller, other, { fresh: false, idempotencyKey: 'key' }), {
    code: 'idempotency_conflict',
  });
});
