import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import type { Program } from '../../test/story/program.ts';

/** What so many held polls of one job cost, and how they hear of its end. */
export type Held = {
  /** Of the server, more than before. */
  readonly bytes: number;
  /** From the end of the job, as its document has it, to the last answer. */
  readonly lastAfterMs: number;
};

/** Holds polls of a job that waits because the worker is stopped, lets the worker go, and waits for every answer. */
export async function heldPolls(program: Program, job: number, count: number): Promise<Held> {
  const token = await program.token();
  const before = residentBytes(program.pid);
  const { hostname, port } = new URL(program.url);
  const request = `GET /insights/job/${job}/exportstatus HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${token}\r\nPrefer: wait=60\r\n\r\n`;
  const sockets: Socket[] = [];
  const answers: Promise<string>[] = [];
  for (let i = 0; i < count; i++) {
    const socket = connect(Number(port), hostname);
    sockets.push(socket);
    answers.push(
      new Promise((resolve, reject) => {
        socket.once('error', reject);
        socket.once('data', (data) => resolve(data.toString()));
      }),
    );
    await new Promise((written) => socket.write(request, written));
  }
  // Polls that are not held are answered at once.
  const status = await program.json<{ jobStatus: number }>(`/insights/job/${job}/exportstatus`);
  if (status.jobStatus !== 1) throw new Error('The job ended before its polls were held.');
  const bytes = residentBytes(program.pid) - before;
  program.releaseWorker();
  const all = await Promise.all(answers);
  const lastMs = Date.now();
  if (!all.every((answer) => answer.includes('"jobStatus":2'))) throw new Error('A poll was answered too early.');
  for (const socket of sockets) socket.destroy();
  const { endedAt } = await program.json<{ endedAt: string }>(`/insights/job/${job}`);
  return { bytes, lastAfterMs: lastMs - Date.parse(endedAt) };
}

function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
}
