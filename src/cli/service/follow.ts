import { setTimeout as pause } from 'node:timers/promises';
import type { JobDocument } from '../../api/job.ts';
import { Failure } from '../../domain/failure.ts';
import { hasEnded } from '../../domain/job.ts';
import { standingOf } from '../output/job.ts';
import { barFor } from '../output/progress.ts';
import type { Terminal } from '../terminal.ts';
import type { Client } from './client.ts';

/** How long a service that does not answer is asked again. A restart takes less. */
const patienceMs = 30_000;

/** Waits until a job has ended and shows its progress. Waits for a service that restarts meanwhile. */
export async function jobWhenEnded(
  client: Client,
  terminal: Terminal,
  jobId: number,
  label: string,
): Promise<JobDocument> {
  using bar = barFor(terminal, label);
  let lastAnswerMs = performance.now();
  for (;;) {
    try {
      const job = await client.json<JobDocument>(`/insights/job/${jobId}`);
      if (hasEnded({ state: job.state })) return job;
      lastAnswerMs = performance.now();
      const { percent } = job.progress;
      bar.show(percent === null ? null : percent / 100, standingOf(job), job.etaSeconds);
      // Answers when the job ends, after a second at the latest.
      const headers = { prefer: 'wait=1' };
      await (await client.ask(`/insights/job/${jobId}/exportstatus`, { headers })).body?.cancel();
    } catch (error) {
      terminal.signal.throwIfAborted();
      const waitMs = retryAfterMs(error);
      if (waitMs === null || performance.now() - lastAnswerMs > patienceMs) throw error;
      bar.show(null, 'the service does not answer, asking again');
      await pause(waitMs, undefined, { signal: terminal.signal });
    }
  }
}

/** After how long to ask again; null when that cannot help. */
function retryAfterMs(error: unknown): number | null {
  // fetch throws a TypeError when the connection breaks while the answer is read.
  if (!(error instanceof Failure)) return error instanceof TypeError ? 500 : null;
  const { status, retryAfterSeconds } = error.facts;
  if (status === 429 || status === 503) return Math.min(Number(retryAfterSeconds), 10) * 1000;
  return error.code === 'not_ready' ? 500 : null;
}
