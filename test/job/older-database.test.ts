import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { JobId, TenantId } from '../../src/domain/ids.ts';
import { SqliteJournal } from '../../src/job/journal/sqlite/journal.ts';
import { jobSchema } from '../../src/job/journal/sqlite/schema.ts';
import { migrate, openSqlite } from '../../src/kit/sqlite/sqlite.ts';
import { add, app, contoso, exportOf, exportRequest, openJournal } from './fixtures.ts';

const fabrikam = 'fabrikam' as TenantId;
const tailspin = 'tailspin' as TenantId;

/** A job database at the step of its schema that `steps` counts to. */
function older(t: TestContext, steps: number) {
  const jobs = openJournal();
  const db = openSqlite(`${jobs.path}.older`, 1000);
  t.after(() => {
    db.close();
    jobs[Symbol.dispose]();
  });
  migrate(db, 'job', jobSchema.slice(0, steps));
  return { db, path: jobs.path };
}

test('a job database of an older version keeps its jobs, and takes types that it did not know', async (t) => {
  // The step that forgets the list of types is the last of those named here.
  const steps = jobSchema.findIndex((step) => step.includes('job_next'));
  const { db, path } = older(t, steps);
  const insert = `INSERT INTO job (number, tenant, app, type, request, state, created_at)
    VALUES (?, 'contoso', 'exporter', ?, '{}', 'waiting', 1)`;
  assert.throws(() => db.prepare(insert).run(1, 'erase'), /CHECK constraint failed/);
  for (const number of [1, 2, 3]) db.prepare(insert).run(number, 'import');
  db.exec('DELETE FROM job WHERE id = 3');
  const moved = new SqliteJournal(db);
  const types = [];
  for (const id of [1, 2, 3]) types.push((await moved.find(contoso, id as JobId))?.type);
  assert.deepEqual(types, ['import', 'import', undefined]);
  db.prepare(insert).run(4, 'erase');
  // The key of a job that was removed does not come back.
  assert.equal((await moved.find(contoso, 4 as JobId))?.key, 4);
  const tablesOf = (of: typeof db) => {
    const rows = of.prepare("SELECT name FROM sqlite_schema WHERE tbl_name = 'job' ORDER BY name").all();
    return rows.map(({ name }) => name);
  };
  const fresh = openSqlite(path, 1000);
  t.after(() => fresh.close());
  assert.deepEqual(tablesOf(db), tablesOf(fresh));
  assert.ok(tablesOf(fresh).length >= 10);
});

test('jobs of a database from before keep their numbers, and new ones count on from there', async (t) => {
  const { db } = older(t, 7);
  const insert = db.prepare(
    "INSERT INTO job (tenant, app, type, request, state, created_at) VALUES (?, ?, 'export', ?, 'waiting', 1)",
  );
  for (const tenant of [contoso, fabrikam, contoso]) insert.run(tenant, app, JSON.stringify(exportRequest));
  const journal = new SqliteJournal(db);
  assert.equal((await journal.find(contoso, 3 as JobId))?.tenant, contoso);
  assert.equal((await journal.find(fabrikam, 2 as JobId))?.tenant, fabrikam);
  assert.equal(await journal.find(fabrikam, 1 as JobId), null);
  const numbers: JobId[] = [];
  for (const tenant of [contoso, fabrikam, tailspin]) numbers.push(await add(journal, exportOf(tenant), 2));
  assert.deepEqual(numbers, [4, 3, 1]);
});
