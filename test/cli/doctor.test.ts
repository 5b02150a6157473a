import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { placesIn } from '../../src/config.ts';
import { inOrder } from '../../src/domain/check.ts';
import { openSqlite } from '../../src/kit/sqlite/sqlite.ts';
import { noPrograms, run, temporary } from './tiny-service.ts';

type Checks = Readonly<Record<string, { readonly state: string; readonly finding: string; readonly advice: string }>>;

async function checksOf(data: string): Promise<Checks> {
  const inspect = async (_: unknown, { thorough, monthly }: { thorough: boolean; monthly: number }) => {
    assert.deepEqual([thorough, monthly], [false, 5]);
    return [inOrder('table activity', '7 rows')];
  };
  const { out } = await run(['doctor', '--json', '--data', data], { programs: { ...noPrograms, inspect } });
  const { checks } = JSON.parse(out) as { checks: { name: string }[] };
  return Object.fromEntries(checks.map((check) => [check.name, check])) as unknown as Checks;
}

/** A data directory as the first start of the service leaves it, without contents. */
function dataIn(path: string) {
  const places = placesIn(path);
  for (const directory of [places.reports, places.spool, join(places.store, 'engine')]) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }
  writeFileSync(join(places.store, 'made.json'), '{}');
  const db = openSqlite(places.database, 1000);
  db.exec('CREATE TABLE job (state TEXT, type TEXT, ended_at INTEGER, outcome TEXT)');
  db.exec('CREATE TABLE signing_key (kid TEXT)');
  db.exec("INSERT INTO job (state) VALUES ('waiting'), ('waiting'), ('running'), ('finished')");
  // What imports added in the last month is what another month may need.
  const imported = db.prepare(
    "INSERT INTO job VALUES ('finished', 'import', ?, json_object('result', json_object('added', ?)))",
  );
  imported.run(Date.now() - 86_400_000, 5);
  imported.run(Date.now() - 40 * 86_400_000, 100);
  db.exec("INSERT INTO signing_key VALUES ('a')");
  db.close();
  return places;
}

test('each room reports on its own part: jobs, keys, reports, received files, store', async () => {
  using place = temporary();
  const places = dataIn(place.path);
  writeFileSync(join(places.reports, '1-1.zip'), 'a report');
  const checks = await checksOf(place.path);
  const found = (name: string) => `${checks[name]?.state}: ${checks[name]?.finding}`;
  assert.equal(found('job database'), 'ok: not damaged');
  assert.equal(found('jobs'), 'ok: 2 waiting, 1 running');
  assert.equal(found('signing keys'), 'ok: 1 in the job database');
  assert.equal(found('reports'), `ok: 1 file in ${places.reports}`);
  assert.equal(found('received files'), `ok: 0 files in ${places.spool}`);
  assert.equal(found('table activity'), 'ok: 7 rows');
});

test('what is missing or damaged is something to do, and a doctor makes nothing', async () => {
  using place = temporary();
  const places = dataIn(place.path);
  rmSync(join(places.store, 'engine'), { recursive: true });
  rmSync(places.reports, { recursive: true });
  const gone = await checksOf(place.path);
  assert.match(`${gone.store?.finding}: ${gone.store?.advice}`, /^gone: .*restore the data directory/);
  assert.match(`${gone.reports?.finding}: ${gone.reports?.advice}`, /^no directory .*: Start the service once/);

  const empty = openSqlite(places.database, 1000);
  empty.exec('DROP TABLE job; DROP TABLE signing_key');
  empty.close();
  const unmade = await checksOf(place.path);
  assert.deepEqual([unmade.jobs?.state, unmade['signing keys']?.state], ['to do', 'to do']);

  writeFileSync(places.database, 'no database at all, but long enough to be read as a header of one'.repeat(99));
  const damaged = await checksOf(place.path);
  assert.match(String(damaged['job database']?.finding), /^cannot be read: |^damaged$/);
  assert.match(String(damaged['job database']?.advice), /restore the data directory from a backup/);
});

test('without a server, what needs it is named as not checked', async () => {
  using place = temporary();
  dataIn(place.path);
  const credentials = { server: 'http://127.0.0.1:1', clientId: 'a', clientSecret: 'b', scope: 'c' };
  writeFileSync(placesIn(place.path).credentials, JSON.stringify(credentials), { mode: 0o600 });
  const checks = await checksOf(place.path);
  assert.deepEqual(
    [checks.server, checks.clock, checks.access].map((check) => check?.state),
    ['to do', 'not checked', 'not checked'],
  );
});
