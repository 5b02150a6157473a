import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { Program } from './program.ts';

/** How late heads, and requests behind a download that nobody reads, are ended. Short, so that the tests are. */
const requestMs = 2000;

async function started(t: TestContext): Promise<Program> {
  const program = await Program.start({ env: { TRAILPORT_REQUEST_MS: String(requestMs) } });
  t.after(() => program.remove());
  return program;
}

/** The most memory that the server's process had resident, MiB. */
function peakOf({ pid }: Program): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

/** How many report files the server has open. */
function openReports({ pid, data }: Program): number {
  const links = readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch {
      return '';
    }
  });
  return links.filter((path) => path.startsWith(`${data}/reports/`)).length;
}

/** Connections from one client, and how many of them are open. */
function connections(program: Program, number: number, begin: (socket: Socket, i: number) => void) {
  const port = Number(new URL(program.url).port);
  let open = number;
  const sockets = Array.from({ length: number }, (_, i) => {
    const socket = connect(port, '127.0.0.1', () => begin(socket, i));
    return socket.on('error', () => {}).on('close', () => open--);
  });
  return { sockets, open: () => open };
}

/** Polls a job until it is so. Returns how long each poll took, in ms, from the shortest to the longest. */
async function pollUntil(program: Program, jobId: string, isSo: () => boolean): Promise<number[]> {
  const waits: number[] = [];
  while (!isSo()) {
    const askedMs = performance.now();
    const answer = await program.call(`/insights/job/${jobId}/exportstatus`);
    await answer.text();
    assert.equal(answer.status, 200);
    waits.push(performance.now() - askedMs);
  }
  return waits.sort((a, b) => a - b);
}

/** The share of polls that may be slow is for machines that run other tests meanwhile. */
function assertBounded(t: TestContext, program: Program, waits: readonly number[]): void {
  const [median = 0, most = 0] = [waits[waits.length >> 1], waits[Math.floor(waits.length * 0.95)]];
  t.diagnostic(
    `peak ${Math.round(peakOf(program))} MiB; ${waits.length} polls, median ${median.toFixed(1)} ms, 95 % under ${most.toFixed(1)} ms`,
  );
  assert.ok(peakOf(program) < 300, `${peakOf(program)} MiB`);
  assert.ok(most < 250, `${most} ms`);
}

test('1,500 connections that send a byte now and then: memory stays under 300 MB, polls are answered, all are closed in time', async (t) => {
  const program = await started(t);
  const { jobId } = await program.json<{ jobId: string }>('/insights/users/a%40contoso.example/activities/export');
  await program.ended(jobId);
  const openedMs = performance.now();
  const dribbling = connections(program, 1500, (socket, i) => socket.write(`GET /healthz?${i} HTTP/1.1\r\nX-Head: `));
  for (const socket of dribbling.sockets) socket.resume();
  const dribble = setInterval(() => {
    for (const socket of dribbling.sockets) if (socket.writable) socket.write('a');
  }, 500);
  t.after(() => clearInterval(dribble));
  const waits = await pollUntil(program, jobId, () => dribbling.open() === 0);
  // Node looks for late heads at intervals of at most requestMs / 2.
  assert.ok(performance.now() - openedMs < 2 * requestMs + 10_000);
  assertBounded(t, program, waits);
});

test('300 connections that pipeline 12 downloads each, 300 with 40 and 300 with one, all of which read nothing: memory stays under 300 MB, polls are answered, those that pipeline are closed in time', async (t) => {
  const program = await started(t);
  await program.import(Array.from({ length: 24 }, (_, i) => recordOf1Mb(i)).join('\n'));
  const { jobId } = await program.json<{ jobId: string }>('/insights/exports', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ source: 'microsoft365', format: 'jsonl' }),
  });
  await program.ended(jobId);
  const { report } = await program.json<{ report: { bytes: number } }>(`/insights/job/${jobId}`);
  assert.ok(report.bytes > 16 * 2 ** 20, 'more than the kernel takes for a client that reads nothing');
  const head = `Host: x\r\nAuthorization: Bearer ${await program.token()}\r\n\r\n`;
  const download = `GET /insights/job/${jobId}/exportfile HTTP/1.1\r\n${head}`;
  const openedMs = performance.now();
  const few = connections(program, 300, (socket) => socket.pause().write(download.repeat(12)));
  const many = connections(program, 300, (socket) => socket.pause().write(download.repeat(40)));
  const waits = await pollUntil(program, jobId, () => openReports(program) >= 300);
  // A paused socket does not notice its end, so the server's files tell.
  waits.push(...(await pollUntil(program, jobId, () => openReports(program) === 0)));
  t.diagnostic(`pipelined downloads ended after ${Math.round(performance.now() - openedMs)} ms`);
  assert.ok(performance.now() - openedMs < 60_000);
  for (const socket of [...few.sockets, ...many.sockets]) socket.destroy();
  const slow = connections(program, 300, (socket) => socket.pause().write(download));
  waits.push(...(await pollUntil(program, jobId, () => openReports(program) === 300)));
  let polls = 0;
  waits.push(...(await pollUntil(program, jobId, () => polls++ === 500)));
  assert.equal(openReports(program), 300, 'a slow reader may take its time');
  for (const socket of slow.sockets) socket.destroy();
  waits.push(...(await pollUntil(program, jobId, () => openReports(program) === 0)));
  assertBounded(
    t,
    program,
    waits.sort((a, b) => a - b),
  );
});

/** A record whose text does not compress much. */
function recordOf1Mb(i: number): string {
  const common = { CreationTime: '2026-01-01T00:00:00', UserId: 'a@contoso.example', Workload: 'SharePoint' };
  const Data = randomBytes(750_000).toString('base64');
  return JSON.stringify({ Id: `id-${i}`, Operation: 'FileAccessed', ObjectId: 'x', ...common, Data });
}
