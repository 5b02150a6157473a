import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type RunOptions, run, temporary } from '../../cli/tiny-service.ts';
import { Program } from '../program.ts';
import { activitiesOf } from '../workbook.ts';
import { anna, bert, filesWith, ndjson, recordsOf } from './people.ts';

let program: Program;

before(async () => {
  program = await Program.start();
});
after(() => program.remove());

const trailport = (argv: string[], options: RunOptions = {}) =>
  run(argv, { ...options, env: { TRAILPORT_DATA: program.data, ...options.env } });

const rowsNow = async () => {
  const init = { method: 'POST', body: '{"source":"microsoft365"}', headers: { 'content-type': 'application/json' } };
  return (await program.json<{ rows: number }>('/insights/exports?dryRun=true', init)).rows;
};

test('a tenant is erased only when its name is typed again or --yes is given, and only where a service runs', async () => {
  await program.import(ndjson(recordsOf(anna, 20)));
  for (const stdin of ['', 'no\n', 'defaul\n']) {
    const refused = await trailport(['forget', 'tenant', 'default'], { stdin });
    assert.equal(refused.status, 2);
    assert.match(refused.err, /nothing was erased/);
  }
  const misspelt = await trailport(['forget', 'tenant', 'defualt', '--yes']);
  assert.equal(misspelt.status, 1);
  assert.match(misspelt.err, /There is no tenant defualt/);
  assert.equal(await rowsNow(), 20);
  const typed = await trailport(['forget', 'tenant', 'default'], { stdin: 'default\n' });
  assert.deepEqual([typed.status, typed.out], [0, '20 activities of the tenant default erased.\n']);
  assert.match(typed.err, /Its apps stay registered/);
  assert.equal(await rowsNow(), 0);
});

test('of an erased tenant nothing is left in files; imports that wait are cancelled; another tenant keeps everything', async () => {
  const other = await trailport(['app', 'add', '--name', 'Other', '--tenant', 'other', '--json']);
  const { clientId, clientSecret } = JSON.parse(other.out) as Record<string, string>;
  const env = { TRAILPORT_SERVER: program.url, TRAILPORT_CLIENT_ID: clientId!, TRAILPORT_CLIENT_SECRET: clientSecret! };
  const theirs = await trailport(['import', '-'], { env, stdin: ndjson(recordsOf(bert, 30)) });
  assert.equal(theirs.status, 0, theirs.err);
  await program.import(ndjson(recordsOf(anna, 40, { Id: undefined })));
  const { added } = (await program.import(ndjson(recordsOf(anna, 40).map((one, i) => ({ ...one, Id: `new-${i}` })))))
    .result as unknown as { added: number };
  assert.equal(added, 0, 'what was erased does not come back');

  program.holdWorker();
  const headers = { 'content-type': 'application/octet-stream' };
  const waiting = await program.json<{ jobId: number }>('/insights/imports', {
    method: 'POST',
    body: ndjson(recordsOf(anna, 50)),
    headers,
  });
  const forgetting = trailport(['forget', 'tenant', 'default', '--yes', '--json']);
  for (;;) {
    const { jobs } = await program.json<{ jobs: object[] }>('/insights/jobs?type=erase&state=waiting');
    if (jobs.length > 0) break;
  }
  const cancel = await program.call(`/insights/job/${waiting.jobId + 1}`, { method: 'DELETE' });
  assert.equal(cancel.status, 409);
  assert.match(((await cancel.json()) as { message: string }).message, /cannot be cancelled/);
  program.releaseWorker();
  const forgotten = await forgetting;
  assert.equal(forgotten.status, 0, forgotten.err);
  const { jobId, state } = JSON.parse(forgotten.out) as { jobId: number; state: string };
  assert.equal(state, 'finished');
  assert.equal((await program.call(`/insights/job/${jobId}/exportfile`)).status, 409);
  assert.notEqual((await program.json<{ state: string }>(`/insights/job/${waiting.jobId}`)).state, 'waiting');
  await program.ended(waiting.jobId);

  assert.deepEqual(filesWith(program.data, anna), []);
  assert.deepEqual(readdirSync(join(program.data, 'spool')), []);
  assert.equal(await rowsNow(), 0);
  using place = temporary();
  const kept = await trailport(['export', 'tenant', '-o', place.file('kept.zip')], { env });
  assert.equal(kept.status, 0, kept.err);
  assert.equal((await activitiesOf(readFileSync(place.file('kept.zip')))).length, 30);
});

test('without a service the command says so and erases nothing', async () => {
  await program.stop();
  const ran = await trailport(['forget', 'user', anna]);
  assert.equal(ran.status, 1);
  assert.match(
    ran.err,
    /^trailport: No service runs on .*; start trailport serve there, then run this command again\.\n$/,
  );
});
