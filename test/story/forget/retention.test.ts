import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { run } from '../../cli/tiny-service.ts';
import { Program } from '../program.ts';
import { anna, filesWith, ndjson, record } from './people.ts';

let program: Program;

before(async () => {
  program = await Program.start();
});
after(() => program.remove());

const trailport = (argv: string[]) => run(argv, { env: { TRAILPORT_DATA: program.data } });
const dayMs = 86_400_000;
/** One a day, the last of them now. */
const days = 20;
const daily = Array.from({ length: days }, (_, i) => {
  const time = new Date(Date.now() - i * dayMs - 60_000).toISOString().slice(0, 19);
  return record(anna, i, { CreationTime: time, Id: `day-${i}`, Text: `text-of-day-${i}-` });
});

const rowsNow = async () => {
  const init = { method: 'POST', body: '{"source":"microsoft365"}', headers: { 'content-type': 'application/json' } };
  return (await program.json<{ rows: number }>('/insights/exports?dryRun=true', init)).rows;
};
const erasures = async () =>
  (await program.json<{ jobs: { jobId: number; result: { rows: number } | null }[] }>('/insights/jobs?type=erase'))
    .jobs;
const forgottenIn = async () =>
  ((await program.import(ndjson(daily))) as unknown as { result: { forgotten: number } }).result;

test('what is older than a tenant keeps is erased and not stored again, also when everything is kept again', async () => {
  await program.import(ndjson(daily));
  const shown = await trailport(['retention']);
  assert.deepEqual([shown.status, shown.out], [0, 'Activities of default are kept for ever.\n']);
  const set = await trailport(['retention', '7', '--json']);
  assert.deepEqual([set.status, JSON.parse(set.out)], [0, { tenant: 'default', days: 7 }]);
  for (let left = days; left > 7; left = await rowsNow());
  assert.equal(await rowsNow(), 7);
  const [erasure] = await erasures();
  await program.ended(erasure!.jobId);
  assert.deepEqual((await erasures())[0]?.result, { rows: days - 7 });
  assert.deepEqual(filesWith(program.data, 'text-of-day-12-'), []);
  assert.notDeepEqual(filesWith(program.data, 'day-3'), []);

  const again = await forgottenIn();
  assert.equal(again.forgotten, days - 7);
  const forever = await trailport(['retention', 'forever']);
  assert.deepEqual([forever.status, forever.out], [0, 'Activities of default are kept for ever.\n']);
  assert.equal((await forgottenIn()).forgotten, days - 7);
  process.kill(program.workerPid, 'SIGKILL');
  assert.equal((await forgottenIn()).forgotten, days - 7);
  assert.equal(await rowsNow(), 7);
});

test('a wrong number of days is wrong usage', async () => {
  for (const days of ['0', '-1', '1.5', 'never', '99999999']) {
    const ran = await trailport(['retention', '--', days]);
    assert.equal(ran.status, 2, days);
    assert.match(ran.err, /forever, or a whole number of days/);
  }
});
