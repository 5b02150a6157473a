import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { TestPostgres } from '../postgres.ts';
import { type Access, Client } from './client.ts';
import { Program } from './program.ts';

const entry = new URL('../../src/main.ts', import.meta.url).pathname;
const data = mkdtempSync(join(tmpdir(), 'trailport-'));
const server = await TestPostgres.start();
const running: Program[] = [];
after(async () => {
  await Promise.all(running.map((program) => program.stop()));
  await server[Symbol.asyncDispose]();
  rmSync(data, { recursive: true });
});
const env = {
  TRAILPORT_DATABASE_URL: await server.database('roles'),
  TRAILPORT_PUBLIC_URL: 'https://trailport.example.org',
};
const path = '/insights/users/a%40b.example/activities/export';
const fresh = { headers: { 'cache-control': 'no-cache' } };

async function start(role: 'http' | 'worker', more: NodeJS.ProcessEnv = {}): Promise<Program> {
  const until = role === 'http' ? 'server_ready' : 'worker_ready';
  const program = await Program.start({ data, env: { ...env, ...more }, until, args: ['--role', role] });
  running.push(program);
  return program;
}

/** The client of one process, whatever address the credentials name; `token` of another to use its token here. */
async function clientAt(program: Program, token?: string): Promise<Client> {
  const { port } = await program.logged(({ event }) => event === 'server_ready');
  const access: Access = { ...program.credentials, server: `http://127.0.0.1:${port}` };
  return new (class extends Client {
    readonly access = access;

    override token(): Promise<string> {
      return token === undefined ? super.token() : Promise.resolve(token);
    }
  })();
}

const records = (count: number) =>
  Array.from({ length: count }, (_, i) =>
    JSON.stringify({ CreationTime: '2026-03-01T00:00:00', Id: `r-${i}`, Operation: 'Send', UserId: 'a@b.example' }),
  ).join('\n');

// All at once, on a new directory and a new database.
const [one, two, worker] = await Promise.all([
  start('http'),
  start('http'),
  start('worker', { TRAILPORT_METRICS_LISTEN: '127.0.0.1:0' }),
]);

test('two processes that answer HTTP and one that works are one service: a token, a job, a poll and a report of one are good at the other', async () => {
  const first = await clientAt(one);
  const second = await clientAt(two, await first.token());
  await first.import(records(1000));
  const { jobId } = await second.json<{ jobId: string }>(path);
  const ended = await Promise.all([first.ended(jobId), second.ended(jobId)]);
  assert.deepEqual(
    ended,
    [2, 2].map((jobStatus) => ({ jobStatus, status: 200, message: '' })),
  );
  const [report, same] = await Promise.all([first.download(jobId), second.download(jobId)]);
  assert.ok(report.equals(same));
  const job = await first.json<{ report: { rows: number } }>(`/insights/job/${jobId}`);
  assert.equal(job.report.rows, 1000);
});

test('the first start makes one app, though several processes start at once', () => {
  const { stdout } = trailport(['app', 'list', '--json'], env);
  assert.equal((JSON.parse(stdout) as { apps: unknown[] }).apps.length, 1);
  assert.equal(one.credentials.server, env.TRAILPORT_PUBLIC_URL);
});

test('a process that answers HTTP alone starts no worker, is ready without one, and says where lookups are answered', async () => {
  const client = await clientAt(one);
  assert.ok(!one.log.some(({ event }) => event === 'worker_started'));
  const ready = await client.call('/readyz');
  assert.deepEqual(await ready.json(), { status: 'ready', parts: { jobs: 'ready', files: 'ready' } });
  for (const asked of [
    '/insights/activities?source=microsoft365',
    '/insights/activities/summary?source=microsoft365&by=user',
    '/insights/store',
  ]) {
    const answer = await client.call(asked);
    assert.deepEqual([answer.status, answer.headers.get('retry-after')], [503, '60'], asked);
    assert.equal(((await answer.json()) as { code: string }).code, 'lookup_elsewhere');
  }
});

test('a process that works alone answers health and figures on its own listener, and no requests of the API', async () => {
  const { port, url } = (await worker.logged(({ event }) => event === 'server_ready')) as Record<string, unknown>;
  assert.deepEqual([port, url], [null, null]);
  const { url: at } = (await worker.logged(({ event }) => event === 'metrics_ready')) as Record<string, unknown>;
  const ready = await fetch(`${at}/readyz`);
  assert.deepEqual(await ready.json(), { status: 'ready', parts: { jobs: 'ready', worker: 'ready', files: 'ready' } });
  assert.match(
    await (await fetch(`${at}/metrics`)).text(),
    /trailport_jobs_ended_total\{state="finished",type="import"\} 1/,
  );
  assert.equal((await fetch(`${at}/insights/jobs`)).status, 404);
});

test('what one process is receiving stays when a worker starts beside it', async () => {
  const client = await clientAt(one);
  const body = new TransformStream<Uint8Array, Uint8Array>();
  const writer = body.writable.getWriter();
  const sent = client.call('/insights/imports', {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: body.readable,
    duplex: 'half',
  } as RequestInit);
  const all = new TextEncoder().encode(records(1001));
  await writer.write(all.subarray(0, 1000));
  await worker.stop();
  // Meanwhile a job waits, and a poll that one process holds hears of what the other does.
  const { jobId: waiting } = await client.json<{ jobId: string }>(path, fresh);
  const held = client.ended(waiting);
  const other = await clientAt(two, await client.token());
  assert.equal((await other.call(`/insights/job/${waiting}`, { method: 'DELETE' })).ok, true);
  assert.equal((await held).jobStatus, 3);
  running.push(await start('worker'));
  await writer.write(all.subarray(1000));
  await writer.close();
  const { jobId } = (await (await sent).json()) as { jobId: number };
  await client.ended(jobId);
  const job = await client.json<{ state: string; result: { added: number } }>(`/insights/job/${jobId}`);
  assert.deepEqual([job.state, job.result.added], ['finished', 1]);
});

test('one sentence refuses a second worker on the directory, and a role without what it needs', () => {
  const serve = (role: string, settings: NodeJS.ProcessEnv) =>
    trailport(['serve', '--role', role, '--port', '0'], { TRAILPORT_LOG: 'silent', ...settings });
  const refused = (run: ReturnType<typeof serve>, status: number, sentence: RegExp) => {
    assert.match(run.stderr, sentence);
    assert.equal(run.stderr.trim().split('\n').length, 1, run.stderr);
    assert.equal(run.status, status);
  };
  refused(serve('worker', env), 1, /Another worker is using .*one worker at a time/);
  refused(serve('all', env), 1, /Another trailport serve is using/);
  const { TRAILPORT_PUBLIC_URL: _, ...withoutUrl } = env;
  refused(serve('http', withoutUrl), 2, /TRAILPORT_PUBLIC_URL/);
  for (const role of ['http', 'worker']) refused(serve(role, {}), 2, /TRAILPORT_DATABASE_URL/);
  refused(serve('some', env), 2, /--role must be one of all, http, worker\./);
});

test('a worker that is killed with its server gives its job back when the next one starts', async () => {
  const client = await clientAt(two);
  const { jobId } = await client.json<{ jobId: string }>(path, fresh);
  while ((await client.json<{ state: string }>(`/insights/job/${jobId}`)).state === 'waiting');
  await running.at(-1)!.kill9();
  running.push(await start('worker'));
  assert.equal((await client.ended(jobId)).jobStatus, 2);
});

function trailport(args: string[], settings: NodeJS.ProcessEnv) {
  const { TRAILPORT_DATABASE_URL: _, TRAILPORT_PUBLIC_URL: __, ...rest } = process.env;
  return spawnSync(process.execPath, [entry, ...args], {
    encoding: 'utf8',
    env: { ...rest, TRAILPORT_DATA: data, ...settings },
  });
}
