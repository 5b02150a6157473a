import { parentPort } from 'node:worker_threads';
import type { SheetRowsTask } from './columns.ts';
import { encodeRows } from './rows.ts';

/** A thread that writes rows of sheets: a task comes, its block or error goes. The engine is never used here. */
parentPort?.on('message', (task: SheetRowsTask) => {
  try {
    const block = encodeRows(task);
    parentPort?.postMessage({ block }, [block.deflated.buffer as ArrayBuffer]);
  } catch (error) {
    parentPort?.postMessage({ error });
  }
});
