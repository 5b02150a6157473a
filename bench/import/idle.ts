import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const sampleMs = 500;
/** The engine looks for merges every few seconds. */
const quietSamples = 16;
/** Clock ticks (proc_pid_stat(5)) of a sample in which nothing is done but waiting; there are 100 a second. */
const quietTicks = 5;

/** Processor time of a process so far, in seconds. */
export function processorSeconds(pid: number): number {
  return ticksOf(pid) / 100;
}

/** When a process was last busy, in ms of `performance.now()`: after an import the engine goes on with its merges. */
export async function lastBusyMs(pid: number): Promise<number> {
  let last = performance.now();
  let ticks = ticksOf(pid);
  for (let quiet = 0; quiet < quietSamples; ) {
    await delay(sampleMs);
    const now = ticksOf(pid);
    quiet = now - ticks > quietTicks ? 0 : quiet + 1;
    if (quiet === 0) last = performance.now();
    ticks = now;
  }
  return last;
}

/** User and system time of a process so far, in clock ticks. */
function ticksOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
