import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { placesIn } from '../src/config.ts';
import type { TenantId } from '../src/domain/ids.ts';
import type { Client } from '../test/story/client.ts';
import { Program } from '../test/story/program.ts';
import { atLeast, atMost, type BenchResult, measured, median } from './machine.ts';
import { type Held, heldPolls } from './poll/held.ts';
import { makeStore } from './store/make.ts';

const rounds = 5;
const seconds = 6;
const connections = 100;
const leastOfBare = 0.6;
const held = 5000;
const mostHeldMb = 200;
const mostHeldMs = 1000;
const exported = 1_000_000;
/** Connections that poll without a pause while the export runs. */
const besideExport = 10;
const mostP99Ms = 10;
const million = 'million' as TenantId;

const execute = promisify(execFile);

/**
 * Polls of a finished and of a waiting export with a token, beside a Fastify that answers a constant, in turns. Needs wrk
 * (Debian's package of that name). 100 connections, one thread of wrk: the other core is the server's.
 */
export async function run(say: (what: string) => void): Promise<BenchResult> {
  const bare = spawn(process.execPath, [new URL('./poll/bare-fastify.ts', import.meta.url).pathname]);
  const env = { TRAILPORT_HELD_POLLS: `${held}`, TRAILPORT_CONNECTIONS: `${held + 200}` };
  const program = await Program.start({ env });
  try {
    const [address] = (await once(createInterface(bare.stdout), 'line')) as [string];
    await program.import(`${JSON.stringify(record)}\n`);
    const authorization = `Bearer ${await program.token()}`;
    const finished = await start(program);
    await program.ended(finished);
    const of = (origin: string, job: number) => `${origin}/insights/job/${job}/exportstatus`;
    const found = { bare: [] as Polled[], finished: [] as Polled[], waiting: [] as Polled[] };
    for (let round = 0; round < rounds; round++) {
      say(`round ${round + 1} of ${rounds}`);
      found.bare.push(await polled(of(address, finished)));
      found.finished.push(await polled(of(program.url, finished), authorization));
      await whileWaiting(program, async (job) => {
        found.waiting.push(await polled(of(program.url, job), authorization));
      });
    }
    say(`${held} held polls`);
    let cost!: Held;
    await whileWaiting(program, async (job) => {
      cost = await heldPolls(program, job, held);
    });
    await program.stop();
    const beside = await besideExports(say);
    const { bytes, lastAfterMs } = cost;
    const perSecond = (name: keyof typeof found) => median(found[name].map((one) => one.perSecond));
    const p99 = (name: keyof typeof found) => median(found[name].map((one) => one.p99Ms));
    return {
      rows: [
        measured('bare Fastify', 'polls/s', perSecond('bare')),
        measured('a job that has ended', 'polls/s', perSecond('finished')),
        atLeast('the same to bare Fastify', 'times', perSecond('finished') / perSecond('bare'), leastOfBare),
        measured('a job that waits', 'polls/s', perSecond('waiting')),
        atLeast('the same to bare Fastify', 'times', perSecond('waiting') / perSecond('bare'), leastOfBare),
        measured('bare Fastify, p99', 'ms', p99('bare')),
        measured('a job that has ended, p99', 'ms', p99('finished')),
        atMost(`p99 while ${exported} rows are exported, ${besideExport} connections`, 'ms', median(beside), mostP99Ms),
        atMost(`${held} held polls of one job, memory of the server`, 'MB', bytes / 1e6, mostHeldMb),
        atMost('the same, last answer after the end of the job', 'ms', lastAfterMs, mostHeldMs),
      ],
      notes: [`${connections} connections of wrk for ${seconds} s, medians of ${rounds} rounds in turns.`],
    };
  } finally {
    bare.kill();
    await program.remove();
  }
}

type Polled = { readonly perSecond: number; readonly p99Ms: number };

/** The p99 of polls of an export of a million rows while it runs, of each round; in a program of its own. */
async function besideExports(say: (what: string) => void): Promise<readonly number[]> {
  say('generating a million activities');
  const data = mkdtempSync(join(tmpdir(), 'trailport-bench-'));
  await makeStore(placesIn(data).store, [{ tenant: million, rows: exported, raw: 'short' }]);
  const program = await Program.start({ data });
  try {
    const client = await program.clientOf(million);
    const found: number[] = [];
    for (let round = 0; round < rounds; round++) found.push(await p99BesideExport(client));
    return found;
  } finally {
    await program.remove();
  }
}

async function p99BesideExport(client: Client): Promise<number> {
  const jobId = await start(client);
  const url = `${client.url}/insights/job/${jobId}/exportstatus`;
  const { p99Ms } = await polled(url, `Bearer ${await client.token()}`, besideExport, 3);
  const { state } = await client.json<{ state: string }>(`/insights/job/${jobId}`);
  if (state !== 'running') throw new Error(`The export ended while it was polled: it is ${state}.`);
  await client.ended(jobId);
  return p99Ms;
}

async function polled(url: string, authorization?: string, many = connections, lasting = seconds): Promise<Polled> {
  const header = authorization === undefined ? [] : ['-H', `Authorization: ${authorization}`];
  const run = execute('wrk', ['-t1', `-c${many}`, `-d${lasting}s`, '--latency', ...header, url]);
  const { stdout } = await run.catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? new Error('wrk is not installed; install the package wrk.') : error;
  });
  if (stdout.includes('Non-2xx')) throw new Error(stdout);
  const perSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
  const [, value, unit] = /99%\s+([\d.]+)(us|ms|s)/.exec(stdout)!;
  return { perSecond, p99Ms: Number(value) * { us: 0.001, ms: 1, s: 1000 }[unit as 'us' | 'ms' | 's'] };
}

/** Starts an export while the worker is stopped. A worker that is stopped for long is replaced. */
async function whileWaiting(program: Program, work: (job: number) => Promise<void>): Promise<void> {
  program.holdWorker();
  const job = await start(program);
  await work(job).finally(() => program.releaseWorker());
  await program.ended(job);
}

async function start(client: Client): Promise<number> {
  const { jobId } = await client.json<{ jobId: number }>('/insights/exports', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'cache-control': 'no-cache' },
    body: JSON.stringify({ source: 'microsoft365' }),
  });
  return jobId;
}

const record = {
  Id: '00000000-0000-4000-8000-000000000001',
  CreationTime: '2026-06-01T08:00:00',
  Operation: 'FileAccessed',
  RecordType: 6,
  UserId: 'megan@contoso.example',
  UserType: 0,
  Workload: 'SharePoint',
  OrganizationId: '00000000-0000-4000-8000-00000000000a',
};
