import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openApps } from '../../src/auth/auth.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { openDatabase } from '../../src/kit/database.ts';
import { TestPostgres } from '../postgres.ts';
import { Program } from './program.ts';

const server = await TestPostgres.start();
after(() => server[Symbol.asyncDispose]());
const records = (count: number) =>
  Array.from({ length: count }, (_, i) =>
    JSON.stringify({
      CreationTime: '2026-03-01T00:00:00',
      Id: `r-${i}`,
      Operation: 'FileAccessed',
      UserId: 'a@b.example',
    }),
  ).join('\n');
const exportPath = '/insights/users/a%40b.example/activities/export';
const fresh = { headers: { 'cache-control': 'no-cache' } };

/** A program whose jobs and apps are in a database of this name. */
async function startOn(name: string, env: NodeJS.ProcessEnv = {}): Promise<Program> {
  return await Program.start({ env: { TRAILPORT_DATABASE_URL: await server.database(name), ...env } });
}

test('PostgreSQL stopped in the middle of an export: requests get 503 with Retry-After, and once it is back the job ends in its first attempt', async (t) => {
  const program = await startOn('stopped');
  await program.import(records(60_000));
  const { jobId } = await program.json<{ jobId: string }>(exportPath, fresh);
  while ((await program.json<{ state: string }>(`/insights/job/${jobId}`)).state === 'waiting');
  const token = await program.token();
  await server.stop();
  t.after(() => server.resume());
  const call = (path: string) => fetch(program.url + path, { headers: { authorization: `Bearer ${token}` } });
  const paths = [`/insights/job/${jobId}`, `/insights/job/${jobId}/exportstatus`, exportPath, '/readyz'];
  for (const path of paths) {
    // What is remembered counts for a second.
    let answer = await call(path);
    while (answer.ok) answer = await call(path);
    assert.equal(answer.status, 503, path);
    assert.ok(Number(answer.headers.get('retry-after')) > 0, path);
    const body = await answer.text();
    if (path === '/readyz') assert.equal(JSON.parse(body).parts.jobs, 'unreachable');
    else assert.match(body, /TRAILPORT_DATABASE_URL/);
    assert.ok(!body.includes('only'), 'no password');
  }
  const { clientId: client_id, clientSecret: client_secret } = program.credentials;
  const form = new URLSearchParams({ grant_type: 'client_credentials', client_id, client_secret });
  const signIn = () => fetch(`${program.url}/connect/token`, { method: 'POST', body: form });
  let signedIn = await signIn();
  while (signedIn.ok) signedIn = await signIn();
  assert.deepEqual([signedIn.status, signedIn.headers.get('retry-after')], [503, '5']);
  assert.match(await signedIn.text(), /temporarily_unavailable/);
  await server.resume();
  assert.equal((await program.ended(jobId)).jobStatus, 2);
  const job = await program.json<{ attempt: number; report: { rows: number } }>(`/insights/job/${jobId}`);
  assert.deepEqual([job.attempt, job.report.rows], [1, 60_000]);
  assert.equal((await fetch(`${program.url}/readyz`)).status, 200);
  assert.ok(
    !JSON.stringify(program.log).includes('only for tests') && !JSON.stringify(program.log).includes('only%20'),
  );
  await program.remove();
});

test('an app that is disabled in the database is refused within 5 seconds, its tokens too', async () => {
  const program = await startOn('disabled');
  const { clientId } = program.credentials;
  await program.json(exportPath);
  await using database = openDatabase(await server.database('disabled'), '', 0);
  await (await openApps(database, systemClock)).disable(clientId);
  const sinceMs = performance.now();
  while ((await program.call('/insights/jobs')).status !== 401);
  assert.ok(performance.now() - sinceMs < 5000);
  await program.remove();
});

test('a database belongs to one data directory; the address may come from a file, and the commands use it', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'trailport-'));
  const file = join(directory, 'url');
  writeFileSync(file, `${await server.database('owned')}\n`);
  const env = { TRAILPORT_DATABASE_URL_FILE: file };
  const program = await Program.start({ env });
  t.after(() => program.remove());
  const trailport = (...args: string[]) =>
    spawnSync(process.execPath, [new URL('../../src/main.ts', import.meta.url).pathname, ...args], {
      encoding: 'utf8',
      env: { ...process.env, TRAILPORT_DATA: program.data, ...env },
    });
  const added = trailport('app', 'add', '--name', 'Another', '--json');
  assert.equal(added.status, 0, added.stderr);
  const listed = JSON.parse(trailport('app', 'list', '--json').stdout) as { apps: { name: string }[] };
  assert.deepEqual(
    listed.apps.map(({ name }) => name),
    ['This machine', 'Another'],
  );
  assert.match(trailport('doctor').stdout, /PostgreSQL 18[.\d]* answers/);
  const backup = trailport('backup', join(directory, 'backups'));
  assert.equal(backup.status, 1);
  assert.match(backup.stderr, /pg_dump/);
  await program.stop();
  const other = trailport('serve', '--data', join(directory, 'other'), '--port', '0');
  assert.equal(other.status, 1);
  assert.match(other.stderr, /belongs to another data directory/);
  rmSync(directory, { recursive: true });
});
