import { parentPort } from 'node:worker_threads';
import type { SheetRowsTask } from './columns.ts';
import { encodeRows } from './rows.ts';
import type { Answer } from './threads.ts';

/** A thread that writes rows of sheets: for each task it sends one answer with the task's number. It never uses the engine. */
parentPort?.on('message', ({ number, task }: { readonly number: number; readonly task: SheetRowsTask }) => {
  try {
    const block = encodeRows(task);
    const answer: Answer = { number, block };
    parentPort?.postMessage(answer, [block.deflated.buffer as ArrayBuffer]);
  } catch (error) {
    parentPort?.postMessage({ number, error } satisfies Answer);
  }
});

// A task that cannot be read has no number to answer with, so the thread ends and all its tasks fail.
parentPort?.on('messageerror', (error) => {
  throw error;
});
