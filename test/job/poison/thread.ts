import { readFileSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { gauge, type ReaderTask } from '../../../src/job/reader/messages.ts';

/* A reader's thread with the faults that its file names; for every other file it is the thread that the program has. */
const task = workerData as ReaderTask;
const gauges = new Int32Array(task.gauges);
const [fault] = /poison: [a-z]+/.exec(readFileSync(task.path, 'latin1').slice(0, 200)) ?? [];

if (fault !== undefined) Atomics.store(gauges, gauge.waits, 0);

if (fault === 'poison: loop') {
  Atomics.store(gauges, gauge.records, 41);
  for (;;);
} else if (fault === 'poison: crawl') {
  // Always a little further, never fast enough.
  for (;;) {
    Atomics.wait(gauges, gauge.waits, 0, 50);
    Atomics.add(gauges, gauge.work, 1);
  }
} else if (fault === 'poison: memory') {
  const held: unknown[] = [];
  for (;;) held.push(new Array(100_000).fill(held.length));
} else if (fault === 'poison: throw') {
  throw new TypeError('a fault of the program');
} else if (fault === 'poison: end') {
  process.exit(0);
} else await import('../../../src/job/reader/thread.ts');
