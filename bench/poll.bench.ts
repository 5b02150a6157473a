import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { Program } from '../test/story/program.ts';
import { atLeast, atMost, type BenchResult, measured, median } from './machine.ts';
import { type Held, heldPolls } from './poll/held.ts';

const rounds = 5;
const seconds = 6;
const connections = 100;
const leastOfBare = 0.6;
const held = 5000;
const mostHeldMb = 200;
const mostHeldMs = 1000;

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
    const finished = await exported(program);
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
        atMost(`${held} held polls of one job, memory of the server`, 'MB', bytes / 1e6, mostHeldMb),
        atMost('the same, last answer after the end of the job', 'ms', lastAfterMs, mostHeldMs),
      ],
      notes: [`${connections} connections of wrk for ${seconds} s, medians of ${rounds} rounds in turns.`],
    };
  } finally {
    bare.kill();
    await program.stop();
  }
}

type Polled = { readonly perSecond: number; readonly p99Ms: number };

async function polled(url: string, authorization?: string): Promise<Polled> {
  const header = authorization === undefined ? [] : ['-H', `Authorization: ${authorization}`];
  const run = execute('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', ...header, url]);
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
  const job = await exported(program);
  await work(job).finally(() => program.releaseWorker());
  await program.ended(job);
}

async function exported(program: Program): Promise<number> {
  const { jobId } = await program.json<{ jobId: number }>('/insights/exports', {
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
