import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { type RunOptions, run, temporary } from '../cli/tiny-service.ts';
import { Program } from './program.ts';
import { activitiesOf } from './workbook.ts';

const root = new URL('../../', import.meta.url).pathname;
const records = `${root}examples/records`;
const megan = 'megan.bowen@contoso.example';
let program: Program;

before(async () => {
  program = await Program.start();
});
after(() => program.remove());

const trailport = (argv: string[], options: RunOptions = {}) =>
  run(argv, { ...options, env: { TRAILPORT_DATA: program.data, ...options.env } });

test('import: each file and the sum, what is there already, and where the rejects are; rejects end with 4', async () => {
  const files = ['management-activity.ndjson', 'purview-search.csv'].map((name) => `${records}/${name}`);
  const first = await trailport(['import', ...files]);
  assert.equal(first.status, 4, first.err);
  assert.match(first.out, /^File +Read +Added +Duplicates +Rejected$/m);
  assert.match(first.out, /management-activity\.ndjson +22 +21 +0 +1$/m);
  assert.match(first.out, /purview-search\.csv +14 +12 +2 +0$/m);
  assert.match(first.out, /^Total +36 +33 +2 +1$/m);
  assert.match(first.err, /management-activity\.ndjson: 1 record was rejected; see them with: trailport rejects \d+$/m);

  using place = temporary();
  const again = await trailport(['import', ...files, '--rejects', place.file('rejects.ndjson'), '--json']);
  assert.equal(again.status, 4);
  assert.deepEqual((JSON.parse(again.out) as { total: object }).total, {
    read: 36,
    added: 0,
    duplicates: 35,
    rejected: 1,
    forgotten: 0,
  });
  const [reject = ''] = readFileSync(place.file('rejects.ndjson'), 'utf8').split('\n');
  assert.equal((JSON.parse(reject) as { line: number }).line, 18);
});

test('import --allow-rejects ends with 0; rejects JOB prints them as lines, with --json as one document', async () => {
  const ran = await trailport(['import', `${records}/management-activity.ndjson`, '--allow-rejects', '--json']);
  assert.equal(ran.status, 0);
  const { files } = JSON.parse(ran.out) as { files: { job: { jobId: number } }[] };
  const id = String(files[0]?.job.jobId);
  const lines = await trailport(['rejects', id]);
  assert.deepEqual([lines.status, lines.err], [0, '']);
  const reject = JSON.parse(lines.out) as { line: number; reason: string };
  assert.equal(reject.line, 18);
  const asJson = await trailport(['rejects', id, '--json']);
  assert.deepEqual(JSON.parse(asJson.out), { rejects: [reject] });

  const good = await trailport(['import', `${records}/graph-records.json`, '--json']);
  assert.equal(good.status, 0, 'without rejects nothing has to be allowed');
  const other = String((JSON.parse(good.out) as typeof ran & { files: typeof files }).files[0]?.job.jobId);
  const none = await trailport(['rejects', other]);
  assert.deepEqual([none.status, none.out, none.err], [0, '', `Job ${other} rejected no records.\n`]);
  assert.deepEqual(JSON.parse((await trailport(['rejects', other, '--json'])).out), { rejects: [] });
});

test('import: a file that fails does not stop the others, and - is standard input', async () => {
  const graph = `${records}/graph-records.json`;
  const { status, out, err } = await trailport(['import', '/no/such.json', records, '-', graph], {
    stdin: 'no records',
  });
  assert.equal(status, 1);
  assert.match(err, /^\/no\/such\.json does not exist/m);
  assert.match(err, /is a directory/);
  assert.match(err, /^-: The file is .* understood are/m);
  assert.match(out, /graph-records\.json +8 +0 +8 +0$/m);
});

test('import: a file in which nothing is understood ends with 3, with 0 bytes it ends with 1', async () => {
  const since = program.log.length;
  assert.equal((await trailport(['import', '-'], { stdin: 'no records' })).status, 3);
  // A wrong file is no error of the program: a warning (40) with its code and without a stack.
  const { level, code, err } = await program.logged(({ event }) => event === 'attempt_failed', since);
  assert.deepEqual([level, code, err], [40, 'import_not_understood', undefined]);
  const empty = await trailport(['import', '-'], { stdin: '' });
  assert.equal(empty.status, 1);
  assert.match(empty.err, /body is empty/);
});

test('import: a file that fails is named before its sentence, whatever words its name is of', async () => {
  using place = temporary();
  writeFileSync(place.file('file'), '');
  writeFileSync(place.file('The'), 'no records');
  const env = { ...process.env, TRAILPORT_DATA: program.data };
  const ran = await promisify(execFile)(`${root}bin/trailport`, ['import', 'file', 'The'], {
    cwd: place.path,
    env,
  }).catch((error: { code: number; stderr: string }) => error);
  assert.match(ran.stderr, /^file: The body is empty;.*\nThe: The file is .*\n$/);
});

test('download: the same report again by its job; an import has none', async () => {
  using place = temporary();
  const file = place.file('r.zip');
  const made = await trailport([
    'export',
    'tenant',
    '--event',
    'FileModified',
    '--json',
    '-o',
    place.file('first.zip'),
  ]);
  const { job } = JSON.parse(made.out) as { job: { jobId: number; report: { sha256: string } } };
  const again = await trailport(['download', String(job.jobId), '-o', file]);
  assert.equal(again.status, 0, again.err);
  assert.match(again.out, /r\.zip: [\d,]+ rows, .* SHA-256 checked\.\n$/);
  assert.equal(createHash('sha256').update(readFileSync(file)).digest('hex'), job.report.sha256);
  const none = await trailport(['download', '1', '-o', place.file('none.zip')]);
  assert.equal(none.status, 1);
  assert.match(none.err, /of the type import, which has no report/);
  assert.ok(!existsSync(place.file('none.zip')));
});

test('export: the report under its own name in the current directory, its bytes as recorded', async () => {
  using place = temporary();
  const env = { ...process.env, TRAILPORT_DATA: program.data };
  const bin = `${root}bin/trailport`;
  const { stdout } = await promisify(execFile)(bin, ['export', 'user', megan, '--json'], { cwd: place.path, env });
  const { file, job } = JSON.parse(stdout) as { file: string; job: { jobId: number; report: { rows: number } } };
  assert.equal(file, `activity-export-${job.jobId}.zip`);
  assert.equal(job.report.rows, 24);
  assert.equal(statSync(place.file(file)).mode & 0o777, 0o600);
  assert.equal((await activitiesOf(readFileSync(place.file(file)))).length, 24);
});

test('export: --from is included and --until excluded, so periods that follow each other share no activity', async () => {
  using place = temporary();
  const rows = async (...period: string[]) => {
    const ran = await trailport(['export', 'user', megan, '--json', '-o', place.file('r.zip'), '--force', ...period]);
    return (JSON.parse(ran.out) as { job: { report: { rows: number } } }).job.report.rows;
  };
  const middle = '2026-03-02T08:09:33';
  const [before, from] = [await rows('--until', middle), await rows('--from', middle)];
  assert.equal(before + from, 24);
  assert.equal(await rows('--from', middle, '--until', '2026-03-02T08:09:34', '--event', 'FileModified'), 1);
});

test("status prints the wire's document to the letter; job and jobs show more", async () => {
  const { jobs } = JSON.parse((await trailport(['jobs', '--json', '--type', 'export', '--limit', '1'])).out) as {
    jobs: { jobId: number }[];
  };
  const id = String(jobs[0]?.jobId);
  const status = await trailport(['status', id]);
  assert.deepEqual([status.status, status.out, status.err], [0, '{"jobStatus":2,"status":200,"message":""}\n', '']);
  assert.match((await trailport(['job', id, '--watch'])).out, /^State +finished$/m);
  assert.match((await trailport(['jobs'])).out, /^Job +Type +Created \(UTC\) +State +Subject$/m);
  assert.match((await trailport(['jobs', '--state', 'failed'])).out, /failed +standard input/);
});

test('a job that does not exist, or has ended, is an error with 1', async () => {
  for (const command of ['status', 'job', 'cancel']) {
    const { status, err } = await trailport([command, '999999']);
    assert.equal(status, 1);
    assert.match(err, /^trailport: There is no job with this id.*\n$/);
  }
  const ended = await trailport(['cancel', '1']);
  assert.equal(ended.status, 1);
  assert.match(ended.err, /Job 1 has ended already \(finished\)/);
});

test('cancel: the job ends, and whoever waits for it ends with 3; Ctrl-C ends with 130 and the job goes on', async () => {
  // The worker is stopped, so that a new job waits.
  program.holdWorker();
  try {
    const path = `/insights/users/${encodeURIComponent('someone@contoso.example')}/activities/export`;
    const { jobId } = await program.json<{ jobId: string }>(path);
    const enough = new AbortController();
    const interrupted = trailport(['job', jobId, '--watch'], { signal: enough.signal });
    enough.abort();
    assert.equal((await interrupted).status, 130);
    const watched = trailport(['job', jobId, '--watch']);
    const cancelled = await trailport(['cancel', jobId]);
    assert.deepEqual([cancelled.status, cancelled.out], [0, `Job ${jobId} is cancelled.\n`]);
    assert.equal((await watched).status, 3);
    assert.equal((await trailport(['status', jobId])).status, 3);
  } finally {
    program.releaseWorker();
  }
});

test('app: a new secret works beside the running service, the old one for a day; a disabled app is refused at once', async () => {
  const added = await trailport(['app', 'add', '--name', 'Archive', '--json']);
  const app = JSON.parse(added.out) as { clientId: string; clientSecret: string };
  const as = (secret: string) => ({
    env: { TRAILPORT_SERVER: program.url, TRAILPORT_CLIENT_ID: app.clientId, TRAILPORT_CLIENT_SECRET: secret },
  });
  assert.equal((await trailport(['jobs'], as(app.clientSecret))).status, 0);
  const rotated = await trailport(['app', 'rotate', app.clientId]);
  assert.match(rotated.err, /shown only now/);
  const secret = /^Secret +(\S+)$/m.exec(rotated.out)?.[1] ?? assert.fail(rotated.out);
  for (const good of [secret, app.clientSecret]) assert.equal((await trailport(['jobs'], as(good))).status, 0);
  const list = await trailport(['app', 'list']);
  assert.match(list.out, /Archive +default +enabled +secret/);
  assert.ok(!list.out.includes(secret) && !list.out.includes(app.clientSecret));
  assert.equal((await trailport(['app', 'disable', app.clientId])).status, 0);
  const refused = await trailport(['jobs'], as(secret));
  assert.equal(refused.status, 1);
  assert.match(refused.err, /does not accept the credentials of the environment/);
  assert.match((await trailport(['app', 'rotate', 'nobody'])).err, /^trailport: There is no app/);
});

test('doctor: everything in order is 0; what others can read, and a service that is away, is something to do', async () => {
  const well = await trailport(['doctor', '--json']);
  assert.equal(well.status, 0, well.out);
  const tables = ['activity', 'by_user', 'by_object', 'identity', 'tally', 'superseded'];
  const names = (JSON.parse(well.out) as { checks: { name: string }[] }).checks.map(({ name }) => name);
  assert.deepEqual(names, [
    ...['Node', 'settings', 'data directory', 'disk', 'job database', 'jobs', 'signing keys', 'reports'],
    ...['received files', ...tables.map((table) => `table ${table}`), 'parts', 'rows', 'hourly counts', 'writes'],
    ...['growth', 'credentials', 'server', 'clock', 'access'],
  ]);
  const file = `${program.data}/credentials.json`;
  chmodSync(file, 0o644);
  const open = await trailport(['doctor']);
  assert.equal(open.status, 1);
  assert.match(open.out, /^TO DO +credentials +mode 0644\n +→ .*chmod 600/m);
  assert.match(open.out, /^ok +rows +\d+ in each of 4 tables, as the list of writes says$/m);
  assert.match(open.out, /^1 of \d+ checks found something to do\.\n$/m);
  chmodSync(file, 0o600);
  assert.match(
    (await trailport(['doctor'], { env: { TRAILPORT_ATEMPTS: '3' } })).out,
    /TRAILPORT_ATEMPTS is not a setting/,
  );

  using place = temporary();
  const empty = await run(['doctor'], { env: { TRAILPORT_DATA: place.file('none') } });
  assert.equal(empty.status, 1);
  assert.ok(!existsSync(place.file('none')), 'a doctor makes nothing');
  writeFileSync(
    place.file('credentials.json'),
    JSON.stringify({ ...program.credentials, server: 'http://127.0.0.1:1' }),
  );
  assert.match(
    (await run(['doctor'], { env: { TRAILPORT_DATA: place.path } })).out,
    /^TO DO +server +(Nothing answers|.*cannot be reached)/m,
  );
});
