import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { JobId, TenantId } from '../../src/domain/ids.ts';
import { Journal } from '../../src/job/journal/journal.ts';
import { jobSchema } from '../../src/job/journal/schema.ts';
import { migrate, openSqlite } from '../../src/kit/sqlite/sqlite.ts';
import { app, contoso, exportRequest, openJournal, outcome } from './fixtures.ts';

const fabrikam = 'fabrikam' as TenantId;

function opened(t: TestContext) {
  const jobs = openJournal();
  t.after(() => jobs[Symbol.dispose]());
  return { journal: jobs.journal, add: jobs.addExport, path: jobs.path };
}

test('a job goes waiting, running, finished, expired, and never back', (t) => {
  const { journal, add } = opened(t);
  const id = add();
  assert.equal(journal.find(contoso, id)?.state, 'waiting');
  const claimed = journal.claim('export', 'worker', 5, 2)!;
  assert.equal(claimed.state, 'running');
  assert.ok(journal.finish(claimed, outcome, 3, 10));
  for (const late of [
    journal.finish(claimed, outcome, 4, null),
    journal.fail(claimed, { code: 'internal', message: '' }, 4),
    journal.giveBack(claimed, 'counted'),
    journal.cancel(claimed.key, 'running', 4),
    journal.cancel(claimed.key, 'waiting', 4),
  ]) {
    assert.equal(late, false);
  }
  assert.equal(journal.find(contoso, id)?.state, 'finished');
  assert.ok(journal.expire(claimed.key));
  assert.equal(journal.expire(claimed.key), false);
  assert.equal(journal.find(contoso, id)?.state, 'expired');
});

test('of two attempts that overlap only the newer one can write about the job', (t) => {
  const { journal, add } = opened(t);
  const id = add();
  const older = journal.claim('export', 'one', 5, 2)!;
  journal.giveBack(older, 'counted');
  const newer = journal.claim('export', 'two', 5, 3)!;
  assert.equal(newer.id, id);
  assert.ok(newer.fence > older.fence);
  const progress = { rows: 1, rowsTotal: 2, percent: 50 };
  assert.equal(journal.beat(older, progress), false);
  assert.equal(journal.finish(older, outcome, 4, null), false);
  assert.equal(journal.beat(newer, progress), true);
  assert.equal(journal.finish(newer, outcome, 5, null), true);
});

test('a job given back keeps its place, and an attempt that was only stopped is not counted', (t) => {
  const { journal, add } = opened(t);
  const [first, second] = [add(), add()];
  const claimed = journal.claim('export', 'w', 5, 2)!;
  journal.giveBack(claimed, 'not counted');
  const waiting = [journal.find(contoso, first), journal.find(contoso, second)];
  assert.deepEqual(
    waiting.map((job) => job?.state === 'waiting' && job.queuePosition),
    [1, 2],
  );
  assert.equal(waiting[0]?.attempt, 0);
  journal.giveBack(journal.claim('export', 'w', 5, 3)!, 'counted');
  assert.equal(journal.find(contoso, first)?.attempt, 1);
});

test('another tenant finds no job, in a look or a list', (t) => {
  const { journal, add } = opened(t);
  const id = add();
  assert.equal(journal.find(fabrikam, id), null);
  const all = { state: null, type: null, before: null, limit: 10 };
  assert.deepEqual(journal.list(fabrikam, all).jobs, []);
  assert.deepEqual(
    journal.list(contoso, all).jobs.map((job) => job.id),
    [id],
  );
  assert.deepEqual(journal.list(contoso, { ...all, state: 'running' }).jobs, []);
  assert.deepEqual(journal.list(contoso, { ...all, before: id }).jobs, []);
});

test('a page of jobs ends early where their texts are large, and the pages together hold every job', (t) => {
  const { journal } = opened(t);
  const columns = Array.from({ length: 60_000 }, () => 'user' as const);
  const add = () =>
    journal.add(
      {
        type: 'export',
        request: { ...exportRequest, columns },
        tenant: contoso,
        app,
        same: null,
        idempotencyKey: null,
      },
      1,
    );
  const ids = Array.from({ length: 7 }, add).reverse();
  const listed: number[] = [];
  const sizes: number[] = [];
  for (let before: JobId | null = null; ; ) {
    const { jobs, next } = journal.list(contoso, { state: null, type: null, before, limit: 1000 });
    listed.push(...jobs.map(({ id }) => id));
    sizes.push(JSON.stringify(jobs).length);
    if (next === null) break;
    before = next;
  }
  assert.deepEqual(listed, ids);
  assert.ok(sizes.length > 1 && sizes.every((units) => units < 1.1 * 2 ** 20), sizes.join());
});

test('jobs are there again when the database is opened anew', (t) => {
  const { add, path } = opened(t);
  const id = add();
  const again = openSqlite(path, 1000);
  t.after(() => again.close());
  assert.deepEqual(new Journal(again).find(contoso, id)?.request, exportRequest);
});

test('a job database of an older version keeps its jobs, and takes types that it did not know', (t) => {
  const { journal, add, path } = opened(t);
  const older = openSqlite(`${path}.older`, 1000);
  t.after(() => older.close());
  // The step that forgets the list of types is the last of those named here.
  migrate(
    older,
    'job',
    jobSchema.slice(
      0,
      jobSchema.findIndex((step) => step.includes('job_next')),
    ),
  );
  const insert = `INSERT INTO job (number, tenant, app, type, request, state, created_at)
    VALUES (?, 'contoso', 'exporter', ?, '{}', 'waiting', 1)`;
  assert.throws(() => older.prepare(insert).run(1, 'erase'), /CHECK constraint failed/);
  for (const number of [1, 2, 3]) older.prepare(insert).run(number, 'import');
  older.exec('DELETE FROM job WHERE id = 3');
  const moved = new Journal(older);
  assert.deepEqual(
    [1, 2, 3].map((id) => moved.find(contoso, id as JobId)?.type),
    ['import', 'import', undefined],
  );
  older.prepare(insert).run(4, 'erase');
  // The key of a job that was removed does not come back.
  assert.equal(moved.find(contoso, 4 as JobId)?.key, 4);
  add();
  const sqlOf = (db: ReturnType<typeof openSqlite>) => {
    const rows = db.prepare("SELECT name FROM sqlite_schema WHERE tbl_name = 'job' ORDER BY name").all();
    return rows.map(({ name }) => name);
  };
  const fresh = openSqlite(path, 1000);
  t.after(() => fresh.close());
  assert.equal(journal.countWaiting(contoso), 1);
  assert.deepEqual(sqlOf(older), sqlOf(fresh));
  assert.ok(sqlOf(fresh).length >= 10);
});
