import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { AppId, JobId, TenantId } from '../../src/domain/ids.ts';
import { Journal } from '../../src/job/journal/journal.ts';
import { jobSchema } from '../../src/job/journal/schema.ts';
import { migrate, openSqlite } from '../../src/kit/sqlite/sqlite.ts';
import { app, contoso, exportRequest, openJournal } from './fixtures.ts';

const fabrikam = 'fabrikam' as TenantId;
const tailspin = 'tailspin' as TenantId;

function opened(t: TestContext) {
  const jobs = openJournal();
  t.after(() => jobs[Symbol.dispose]());
  return { journal: jobs.journal, add: jobs.addExport };
}

const times = <T>(count: number, work: () => T): T[] => Array.from({ length: count }, work);

test('a single job waits for at most two of the 200 that each of two other tenants has waiting', (t) => {
  const { journal, add } = opened(t);
  times(200, () => add(contoso));
  times(200, () => add(fabrikam));
  const claim = () => journal.claim('export', 'w', 5, 2)!;
  let running = times(3, claim);
  add(tailspin);
  // One job ends, the next is claimed: as a worker with three places does it.
  let ended = 0;
  while (!running.some(({ tenant }) => tenant === tailspin)) {
    const [first, ...rest] = running;
    journal.fail(first!, { code: 'internal', message: '' }, 3);
    ended++;
    running = [...rest, claim()];
  }
  assert.ok(ended <= 2, `${ended} jobs of others ended before it began`);
});

test('tenants take turns, and so do the apps of one tenant; the jobs of one app stay in their order', (t) => {
  const { journal, add } = opened(t);
  const other = 'other' as AppId;
  const [first, second, third] = times(3, () => add(contoso, app));
  const [single] = [add(contoso, other)];
  const guest = add(fabrikam);
  const served = times(5, () => {
    const job = journal.claim('export', 'w', 5, 2)!;
    journal.fail(job, { code: 'internal', message: '' }, 3);
    return [job.tenant, job.id];
  });
  assert.deepEqual(served, [
    [contoso, first],
    [fabrikam, guest],
    [contoso, single],
    [contoso, second],
    [contoso, third],
  ]);
});

test('a tenant with its share running lets others pass, and goes on when it may have more', (t) => {
  const { journal, add } = opened(t);
  const [first, second, other] = [add(), add(), add(fabrikam)];
  const claim = (perTenant: number) => {
    const job = journal.claim('export', 'w', perTenant, 2);
    return job === null ? null : [job.tenant, job.id];
  };
  assert.deepEqual(claim(1), [contoso, first]);
  assert.deepEqual(claim(1), [fabrikam, other]);
  assert.equal(claim(1), null);
  assert.deepEqual(claim(2), [contoso, second]);
});

test('job numbers count for each tenant by itself, and none comes back', (t) => {
  const { journal, add } = opened(t);
  assert.deepEqual([add(contoso), add(fabrikam), add(contoso), add(fabrikam)], [1, 1, 2, 2]);
  const [ours, theirs] = [journal.find(contoso, 2 as JobId), journal.find(fabrikam, 2 as JobId)];
  assert.deepEqual([ours?.tenant, theirs?.tenant], [contoso, fabrikam]);
  assert.notEqual(ours?.key, theirs?.key);
});

test('jobs of a database from before keep their numbers, and new ones count on from there', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'trailport-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const db = openSqlite(join(directory, 'jobs.sqlite'), 1000);
  t.after(() => db.close());
  migrate(db, 'job', jobSchema.slice(0, 7));
  const insert = db.prepare(
    "INSERT INTO job (tenant, app, type, request, state, created_at) VALUES (?, ?, 'export', ?, 'waiting', 1)",
  );
  for (const tenant of [contoso, fabrikam, contoso]) insert.run(tenant, app, JSON.stringify(exportRequest));
  const journal = new Journal(db);
  assert.equal(journal.find(contoso, 3 as JobId)?.tenant, contoso);
  assert.equal(journal.find(fabrikam, 2 as JobId)?.tenant, fabrikam);
  assert.equal(journal.find(fabrikam, 1 as JobId), null);
  const add = (tenant: TenantId) =>
    journal.add({ type: 'export', request: exportRequest, tenant, app, same: null, idempotencyKey: null }, 2);
  assert.deepEqual([add(contoso), add(fabrikam), add(tailspin)], [4, 3, 1]);
});
