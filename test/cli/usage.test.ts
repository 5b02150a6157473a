import assert from 'node:assert/strict';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { run, temporary } from './tiny-service.ts';

/** One sentence and a hint, never a stack. */
function assertUsage(ran: { status: number; out: string; err: string }, sentence: RegExp): void {
  assert.equal(ran.status, 2, ran.err);
  const lines = ran.err.trimEnd().split('\n');
  assert.match(lines[0] ?? '', /^trailport: [A-Z'-].*[.?]$/);
  assert.match(ran.err, sentence);
  assert.ok(lines.length <= 2, ran.err);
}

test('wrong usage ends with 2, one sentence and a hint that names the command', async () => {
  const wrong: [string[], RegExp][] = [
    [[], /A command is needed\.\nSee: trailport --help/],
    [['exprt'], /Unknown command 'exprt'\. Did you mean export\?/],
    [['jobs', '--jsn'], /Did you mean --json\?\nSee: trailport jobs --help/],
    [['export'], /needed after export\.\nSee: trailport export --help/],
    [['export', 'user'], /argument 'email'.*\nSee: trailport export user --help/],
    [['export', 'user', 'a', '--format', 'pdf'], /Allowed choices are xlsx, csv, jsonl, parquet/],
    [['export', 'user', 'a', '--from', 'yesterday'], /--from must be an ISO 8601 time/],
    [['export', 'user', 'a', '--from', '2026-02-01', '--until', '2026-01-01'], /--from must not be later than --until/],
    [['export', 'user', 'a', '--last', '7'], /a number and m, h, d or w/],
    [['export', 'tenant', '--last', '7d', '--from', '2026-01-01'], /--last .*cannot be used with .*--from/],
    [['help', 'export', 'usr'], /There is no command 'export usr'\.\nSee: trailport help/],
    [['download', 'abc'], /positive integer such as 169/],
    [['rejects'], /Missing required argument 'job'/],
    [['export', 'user', ''], /argument 'email'.*must not be empty/],
    [['export', 'object', ''], /argument 'path'.*must not be empty/],
    [['export', 'user', 'a', '--event', ''], /--event .*must not be empty/],
    [['export', 'user', 'a', '--time-zone', ''], /--time-zone .*must be the name of an IANA time zone/],
    [['export', 'tenant', '--time-zone', 'Mars/Phobos'], /--time-zone .*must be the name of an IANA time zone/],
    [['export', 'user', 'a', '--columns', 'time,colour'], /'time,colour' is invalid\. It must be some of time, user, /],
    [['export', 'user', 'a', '--columns', ''], /It must be some of time, user, /],
    [['export', 'user', 'a', '--columns', 'time, time'], /each once/],
    [['status', 'abc'], /positive integer such as 169/],
    [['status', '0'], /positive integer such as 169/],
    [['status'], /Missing required argument 'job'/],
    [['jobs', '--limit', '5000'], /from 1 to 1000/],
    [['jobs', '--state', 'lost'], /waiting, running, finished/],
    [['activities', '--limit', '0'], /a whole number from 1 on/],
    [['activities', '--columns', 'colour'], /It must be some of time, user, /],
    [['activities', '--from', 'then'], /--from must be .*\nSee: trailport activities --help/],
    [['activities', '--user', ''], /--user .*must not be empty/],
    [['summary'], /'--by <key>' not specified.*\nSee: trailport summary --help/],
    [['summary', '--by', 'colour'], /Allowed choices are day, hour, user, activity, service, object, clientIp/],
    [['summary', '--by', 'day', '--top', '1001'], /from 1 to 1000/],
    [['summary', '--by', 'day', '--time-zone', 'Mars'], /--time-zone .*must be the name of an IANA time zone/],
    [['export', 'user', 'a', '--user', 'b'], /Unknown option '--user'/],
    [['import'], /Missing required argument 'file'/],
    [['app', 'add'], /'--name <name>' not specified.*\nSee: trailport app add --help/],
    [['serve', '--port', 'http'], /--port must be a whole number from 0 to 65535/],
  ];
  for (const [argv, sentence] of wrong) assertUsage(await run(argv), sentence);
  const env = { TRAILPORT_LOG: 'loud' };
  assertUsage(await run(['serve'], { env }), /TRAILPORT_LOG must be one of trace, debug, info/);
});

test('with --json a failure is one document on standard output and nothing on standard error', async () => {
  using place = temporary();
  const cases: [string[], number, string, RegExp][] = [
    [['jobs'], 1, 'token_missing', /^There are no credentials/],
    [['status', 'abc'], 2, 'usage', /positive integer/],
    [['export', 'user', 'a', '-o', '-'], 2, 'usage', /both use standard output/],
    [['serve', '--port', 'http'], 2, 'settings_invalid', /--port must be/],
  ];
  for (const [argv, status, code, message] of cases) {
    const ran = await run([...argv, '--json'], { env: { TRAILPORT_DATA: place.path } });
    const { failure } = JSON.parse(ran.out) as { failure: { code: string; message: string } };
    assert.deepEqual([ran.status, failure.code, ran.err], [status, code, '']);
    assert.match(failure.message, message);
  }
});

test('every code that --json can print is a row of the page of failures', async () => {
  const page = readFileSync(new URL('../../docs/failures.md', import.meta.url), 'utf8');
  const codes = globSync('**/*.ts', { cwd: new URL('../../src/cli', import.meta.url).pathname }).flatMap((file) => {
    const source = readFileSync(new URL(`../../src/cli/${file}`, import.meta.url), 'utf8');
    return [...source.matchAll(/(?:new Failure\(\s*|super\(|code: )'([a-z_]+)'/g)].map(([, code = '']) => code);
  });
  assert.ok(codes.includes('usage') && codes.includes('interrupted') && codes.includes('job_cancelled'));
  assert.deepEqual(
    codes.filter((code) => !page.includes(`| \`${code}\` `)),
    [],
  );
});

test('help is an answer: on standard output, with 0, the same for help COMMAND and COMMAND --help', async () => {
  for (const argv of [['--help'], ['export', 'user', '--help'], ['app', '--help']]) {
    assert.equal((await run(['help', ...argv.slice(0, -1)])).out, (await run(argv)).out);
    const { status, out, err } = await run(argv);
    assert.equal(status, 0);
    assert.match(out, /^Usage: trailport/);
    const longest = Math.max(...out.split('\n').map((line) => line.length));
    assert.ok(longest <= 80, `${argv.join(' ')}: a line has ${longest} characters`);
    assert.equal(err, '');
  }
});

test('--version prints the version of the package', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  for (const flag of ['--version', '-V']) {
    const { status, out, err } = await run([flag]);
    assert.deepEqual([status, out, err], [0, `${version}\n`, '']);
  }
});

test('without credentials, or with broken ones, a sentence says what to do', async () => {
  using place = temporary();
  const env = { TRAILPORT_DATA: place.path };
  assert.match((await run(['jobs'], { env })).err, /There are no credentials at .*start the service there/);
  const half = { ...env, TRAILPORT_CLIENT_ID: 'app' };
  assert.match(
    (await run(['jobs'], { env: half })).err,
    /TRAILPORT_SERVER and TRAILPORT_CLIENT_SECRET must be set too/,
  );
  for (const broken of ['', '{', 'null', '[]', '{"server":"http://127.0.0.1:1"}']) {
    writeFileSync(place.file('credentials.json'), broken);
    const { status, err } = await run(['jobs'], { env });
    assert.equal(status, 2);
    assert.match(err, /credentials\.json must be JSON with the texts/);
  }
});

test('when no service answers, the sentence names the address and the command that starts one', async () => {
  const env = { TRAILPORT_SERVER: 'http://127.0.0.1:1', TRAILPORT_CLIENT_ID: 'a', TRAILPORT_CLIENT_SECRET: 'b' };
  const { status, err } = await run(['status', '5'], { env });
  assert.equal(status, 1);
  assert.match(err, /^trailport: .*http:\/\/127\.0\.0\.1:1.*trailport serve.*\n$/);
});
