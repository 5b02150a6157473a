import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { freePort } from '../../src/kit/port.ts';
import { Program } from './program.ts';
import { activitiesOf } from './workbook.ts';

const root = new URL('../../', import.meta.url).pathname;
const guest = 'lynne_fabrikam.example#EXT#@contoso.example';
let program: Program;
let place: string;

before(async () => {
  program = await Program.start();
  place = mkdtempSync(join(tmpdir(), 'trailport-examples-'));
  await program.import(readFileSync(join(root, 'examples/records/management-activity.ndjson')));
  await program.import(readFileSync(join(root, 'examples/records/graph-records.json')));
  await program.import(readFileSync(join(root, 'examples/records/purview-search.csv')));
});
after(async () => {
  await program.remove();
  rmSync(place, { recursive: true, force: true });
});

const environment = () => {
  const { clientId, clientSecret } = program.credentials;
  return {
    ...process.env,
    TRAILPORT_SERVER: program.url,
    TRAILPORT_CLIENT_ID: clientId,
    TRAILPORT_CLIENT_SECRET: clientSecret,
  };
};

test('the TypeScript client gets the report of a guest', async () => {
  const file = join(place, 'by-fetch.zip');
  await promisify(execFile)(process.execPath, [join(root, 'examples/export-user.ts'), guest, file], {
    env: environment(),
  });
  assert.equal((await activitiesOf(readFileSync(file))).length, 6);
});

test('the command in the header of the TypeScript client works in a checkout, whatever Node the machine has', async () => {
  const header = readFileSync(join(root, 'examples/export-user.ts'), 'utf8');
  assert.match(header, / npx node examples\/export-user\.ts EMAIL \[FILE\]/);
  const checkout = mkdtempSync(join(place, 'checkout-'));
  for (const name of ['node_modules', 'examples']) symlinkSync(join(root, name), join(checkout, name));
  symlinkSync(program.data, join(checkout, 'data'));
  // The PATH of a person, without the folder that npm puts in front of it.
  const path = (process.env.PATH ?? '').split(':').filter((folder) => !folder.includes('node_modules'));
  const command = `npx node examples/export-user.ts '${guest}' mine.zip`;
  await promisify(execFile)('sh', ['-c', command], { cwd: checkout, env: { ...process.env, PATH: path.join(':') } });
  assert.equal((await activitiesOf(readFileSync(join(checkout, 'mine.zip')))).length, 6);
});

async function hasCurl(): Promise<boolean> {
  return promisify(execFile)('curl', ['--version']).then(
    () => true,
    () => false,
  );
}

test('the curl client gets the same', async (t) => {
  if (!(await hasCurl())) return t.skip('curl is not here: apt-get install curl');
  const file = join(place, 'by-curl.zip');
  await promisify(execFile)(join(root, 'examples/export-user.sh'), [guest, file], { env: environment() });
  assert.equal((await activitiesOf(readFileSync(file))).length, 6);
});

test('the curl client takes the credentials of the data directory, and an error ends it with its sentence', async (t) => {
  if (!(await hasCurl())) return t.skip('curl is not here: apt-get install curl');
  const folder = mkdtempSync(join(place, 'curl-'));
  const run = (args: string[], env: NodeJS.ProcessEnv = {}) =>
    promisify(execFile)(join(root, 'examples/export-user.sh'), args, {
      cwd: folder,
      env: { PATH: process.env.PATH, ...env },
    });
  await assert.rejects(run([guest]), (error: { code: number; stderr: string }) => {
    assert.equal(error.code, 2);
    assert.match(error.stderr, /^usage: examples\/export-user\.sh EMAIL/);
    return true;
  });
  symlinkSync(program.data, join(folder, 'data'));
  await run([guest, 'mine.zip']);
  assert.equal((await activitiesOf(readFileSync(join(folder, 'mine.zip')))).length, 6);
  await assert.rejects(run([guest, 'none.zip'], { TRAILPORT_CLIENT_SECRET: 'wrong' }), (error: { stderr: string }) => {
    assert.match(error.stderr, /invalid_client/);
    assert.doesNotMatch(error.stderr, /SyntaxError/);
    return true;
  });
  assert.ok(!readdirSync(folder).includes('none.zip'));
});

test('an error of the service ends the TypeScript client with its sentence', async () => {
  const env = { ...environment(), TRAILPORT_CLIENT_SECRET: 'wrong' };
  const byFetch = promisify(execFile)(process.execPath, [join(root, 'examples/export-user.ts'), guest], { env });
  await assert.rejects(byFetch, /401 .*invalid_client/);
});

/** The demo in a temporary directory of its own, which shows what it leaves behind. */
function demo(port: string, ...args: string[]) {
  const tmp = mkdtempSync(join(place, 'demo-'));
  const env = { ...process.env, TMPDIR: tmp, TRAILPORT_PORT: port, TRAILPORT_DATA: 'not for the demo' };
  const child = spawn(process.execPath, [join(root, 'examples/demo.ts'), ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const heard = Promise.withResolvers<void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (said.includes('until Ctrl-C')) heard.resolve();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const ended = once(child, 'close').then(([status]) => ({
    status: status as number,
    // A short path, as where TMPDIR is not set.
    said: said.replaceAll(tmp, '/tmp'),
    left: readdirSync(tmp),
  }));
  return { child, ended, serving: Promise.race([heard.promise, ended]), said: () => said };
}

test('npm run demo -- --once shows import, export and download, ends with 0 and leaves nothing behind', async () => {
  const { status, said, left } = await demo('0', '--once').ended;
  assert.equal(status, 0, said);
  assert.match(said, /"jobStatus":2/);
  assert.match(said, /{"jobId":"\d+","status":200,"message":""}/);
  assert.match(said, /24 rows of 14 columns/);
  assert.match(said, /28 rows of 14 columns/);
  assert.deepEqual(left, []);
  const longest = Math.max(...said.split('\n').map((line) => line.length));
  assert.ok(longest <= 100, `a line has ${longest} characters`);
});

test('npm run demo refuses a port that is none, with one sentence', async () => {
  const { status, said, left } = await demo('eighty', '--once').ended;
  assert.equal(status, 1);
  assert.match(said, /The demo stopped: the service did not start: .*--port must be a whole number/);
  assert.deepEqual(left, []);
});

test('npm run demo serves on TRAILPORT_PORT until Ctrl-C, its lines to paste work, and it leaves nothing behind', async () => {
  const port = await freePort('127.0.0.1');
  const { child, ended, serving, said } = demo(String(port));
  await serving;
  const page = `http://127.0.0.1:${port}/docs`;
  assert.ok(said().includes(page), said());
  if (await hasCurl()) {
    const lines = /^SERVER=[\s\S]*?(?=\n\n)/m.exec(said())?.[0] ?? assert.fail(said());
    const { stdout } = await promisify(execFile)('sh', ['-euc', lines], { cwd: place });
    assert.match(stdout, /^{"jobStatus":2,"status":200,"message":""}\n.* report\.zip\n$/);
    assert.equal((await activitiesOf(readFileSync(join(place, 'report.zip')))).length, 24);
  }
  assert.equal((await fetch(page)).status, 200);
  child.kill('SIGINT');
  const { status, left } = await ended;
  assert.equal(status, 0);
  assert.deepEqual(left, []);
  await assert.rejects(fetch(page));
});
