import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { test } from 'node:test';
import { Program } from './program.ts';

/** Resident memory of a process, MiB. */
function memoryOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

test('1,500 connections that send a byte now and then: memory stays under 300 MB, polls are answered, all are closed in time', async (t) => {
  const requestMs = 3000;
  const program = await Program.start({ env: { TRAILPORT_REQUEST_MS: String(requestMs) } });
  t.after(() => program.remove());
  const { jobId } = await program.json<{ jobId: string }>('/insights/users/a%40contoso.example/activities/export');
  await program.ended(jobId);
  const port = Number(new URL(program.url).port);
  const openedMs = performance.now();
  let open = 0;
  const sockets = Array.from({ length: 1500 }, (_, i) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`GET /healthz?${i} HTTP/1.1\r\nX-Head: `));
    open++;
    socket.on('error', () => {}).on('close', () => open--);
    return socket.resume();
  });
  const dribble = setInterval(() => {
    for (const socket of sockets) if (socket.writable) socket.write('a');
  }, 500);
  t.after(() => clearInterval(dribble));
  const waits: number[] = [];
  let most = 0;
  while (open > 0) {
    const askedMs = performance.now();
    const answer = await program.call(`/insights/job/${jobId}/exportstatus`);
    await answer.text();
    assert.equal(answer.status, 200);
    waits.push(performance.now() - askedMs);
    most = Math.max(most, memoryOf(program.pid));
  }
  const closedMs = performance.now() - openedMs;
  const median = waits.sort((a, b) => a - b)[waits.length >> 1] ?? 0;
  t.diagnostic(
    `memory ${Math.round(most)} MiB, closed after ${Math.round(closedMs)} ms, ${waits.length} polls, median ${median.toFixed(1)} ms`,
  );
  assert.ok(most < 300, `${most} MiB`);
  // Node looks for late heads at intervals of at most requestMs / 2.
  assert.ok(closedMs < 2 * requestMs + 10_000, `${closedMs} ms`);
  assert.ok(median < 100, `${median} ms`);
});
