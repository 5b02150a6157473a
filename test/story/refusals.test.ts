import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { Program } from './program.ts';

const entry = new URL('../../src/main.ts', import.meta.url).pathname;

function serve(...args: string[]) {
  const { status, stderr } = spawnSync(process.execPath, [entry, 'serve', ...args], {
    encoding: 'utf8',
    timeout: 20_000,
    killSignal: 'SIGKILL',
  });
  return { status, said: stderr.split('\n').filter((line) => line !== '' && !line.startsWith('{')) };
}

test('a service that cannot start says in one sentence why and what to do', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'trailport-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'file');
  writeFileSync(file, '');
  // /proc says ENOENT to every new directory, although it is there itself.
  for (const [path, code] of [
    [join(file, 'below'), 'ENOTDIR'],
    [file, 'EEXIST'],
    ['/proc/x/y', 'ENOENT'],
  ] as const) {
    const unusable = serve('--data', path, '--port', '0');
    assert.deepEqual([unusable.status, unusable.said.length], [1, 1], path);
    assert.match(unusable.said[0]!, new RegExp(`data directory ${path} cannot be written \\(${code}\\).*--data`));
  }

  const neighbour = createServer().listen(0, '127.0.0.1');
  await once(neighbour, 'listening');
  t.after(() => neighbour.close());
  const { port } = neighbour.address() as AddressInfo;
  const taken = serve('--data', join(directory, 'data'), '--port', String(port));
  assert.deepEqual([taken.status, taken.said.length], [1, 1]);
  assert.match(taken.said[0]!, /cannot be listened at \(EADDRINUSE\).*--port/);
});

test('an empty name for the data directory is refused, and the current folder is left alone', () => {
  const empty = serve('--data', '', '--port', '0');
  assert.deepEqual([empty.status, empty.said.length], [2, 1]);
  assert.match(empty.said[0]!, /--data is empty/);
});

test('a file whose every record was set aside fails with the first reason, and leaves no activity', async (t) => {
  const program = await Program.start();
  t.after(() => program.remove());
  const line = JSON.stringify({
    CreationTime: 'nope',
    Id: 'a',
    Operation: 'Send',
    RecordType: 2,
    UserId: 'a@contoso.example',
  });
  const job = (await program.import(`${line}\n${line}`)) as unknown as {
    state: string;
    failure: { code: string; message: string };
  };
  assert.deepEqual([job.state, job.failure.code], ['failed', 'import_not_understood']);
  assert.match(
    job.failure.message,
    /None of the file's 2 records could be understood; the first, on line 1: CreationTime/,
  );
});

test('an upload under way at SIGTERM is answered 503 with Retry-After; the service stops within 10 s and keeps no part of it', async (t) => {
  const program = await Program.start();
  t.after(() => program.remove());
  const headers = { authorization: `Bearer ${await program.token()}`, 'content-type': 'text/csv' };
  const upload = request(`${program.url}/insights/imports`, { method: 'POST', headers }).on('error', () => {});
  upload.write('CreationDate,UserIds,Operations,AuditData\n');
  const spooled = () => readdirSync(join(program.data, 'spool'));
  while (spooled().length === 0) await program.call('/healthz');
  const before = performance.now();
  const stopped = program.stop();
  const [answer] = await once(upload, 'response');
  assert.deepEqual([answer.statusCode, Number(answer.headers['retry-after']) > 0], [503, true]);
  assert.equal((JSON.parse(await text(answer)) as { code: string }).code, 'shutting_down');
  await stopped;
  assert.ok(performance.now() - before < 10_000);
  assert.deepEqual(spooled(), []);
});

test('a data directory that another service uses is refused with 1, and that service goes on', async (t) => {
  const program = await Program.start();
  t.after(() => program.remove());
  const second = serve('--data', program.data, '--port', '0');
  assert.deepEqual([second.status, second.said.length], [1, 1]);
  assert.match(second.said[0]!, /Another trailport serve is using .*--data/);
  assert.equal((await program.call('/readyz')).status, 200);
});

test('a worker that hangs is noticed, killed and replaced; its job ends', async (t) => {
  const program = await Program.start({ env: { TRAILPORT_LEASE_MS: '5000' } });
  t.after(() => program.remove());
  program.holdWorker();
  const since = program.log.length;
  const { jobId } = await program.json<{ jobId: string }>('/insights/users/a%40contoso.example/activities/export');
  await program.logged((line) => line.event === 'worker_silent', since);
  assert.equal((await program.call('/readyz')).status, 503);
  assert.equal((await program.ended(jobId)).jobStatus, 2);
});
