import { setTimeout as pause } from 'node:timers/promises';
import { Failure } from '../domain/failure.ts';
import type { Client } from './client.ts';
import type { JobView } from './job-text.ts';
import { barFor, type Terminal } from './terminal.ts';

/** How long a service that does not answer is asked again before its job is given up on: a restart takes less. */
const patienceMs = 30_000;

/** Waits until a job has ended and shows how far it is. A service that restarts meanwhile is waited for. */
export async function followed(client: Client, terminal: Terminal, jobId: number, label: string): Promise<JobView> {
  using bar = barFor(terminal, label);
  let lastHeardMs = performance.now();
  for (;;) {
    try {
      // One second a question: the answer comes at once when the job ends, and the bar moves until then.
      const headers = { prefer: 'wait=1' };
      const response = await client.ask(`/insights/job/${jobId}/exportstatus`, { headers });
      const { jobStatus } = (await response.json()) as { jobStatus: number };
      if (jobStatus !== 1) return await client.json<JobView>(`/insights/job/${jobId}`);
      lastHeardMs = performance.now();
      const told = response.headers.get('x-progress') ?? '';
      const percent = /^(\d+)%, /.exec(told);
      bar.show(percent === null ? null : Number(percent[1]) / 100, told.slice(percent?.[0].length ?? 0));
    } catch (error) {
      terminal.signal.throwIfAborted();
      const waitMs = retryAfterMs(error);
      if (waitMs === null || performance.now() - lastHeardMs > patienceMs) throw error;
      bar.show(null, 'the service does not answer, asking again');
      await pause(waitMs, undefined, { signal: terminal.signal });
    }
  }
}

/** After how long to ask again, when that may help. */
function retryAfterMs(error: unknown): number | null {
  // fetch's way to say that the connection broke while the answer was read.
  if (!(error instanceof Failure)) return error instanceof TypeError ? 500 : null;
  const { status, retryAfterSeconds } = error.facts;
  if (status === 429 || status === 503) return Math.min(Number(retryAfterSeconds), 10) * 1000;
  return error.code === 'not_ready' ? 500 : null;
}
