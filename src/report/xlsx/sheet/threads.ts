import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { DeflatedBlock } from '../../deflate/deflate.ts';
import type { SheetRowsTask } from './columns.ts';
import { encodeRows } from './rows.ts';

/** So few rows are written here and now: 20 ms of this thread at most, less than starting another takes. */
const fewRows = 2048;

type Answer = { readonly block: DeflatedBlock } | { readonly error: Error };

/** Writes rows of a sheet, on a thread of its own when they are many. The task's bytes may go there for good if `spent`. */
export function encodeOnThread(task: SheetRowsTask, spent = false): Promise<DeflatedBlock> {
  if (task.to - task.from > fewRows) return idlest().encode(task, spent);
  return new Promise((resolve) => {
    resolve(encodeRows(task));
  });
}

/**
 * One a core for all reports of this process, started when first needed. They hold nothing between tasks and never keep
 * the process alive, so they end with it; one that breaks is replaced.
 */
const threads: SheetThread[] = [];

function idlest(): SheetThread {
  const idle = threads.find(({ waiting }) => waiting === 0);
  if (idle !== undefined) return idle;
  if (threads.length < availableParallelism()) {
    const thread: SheetThread = new SheetThread(() => threads.splice(threads.indexOf(thread), 1));
    threads.push(thread);
    return thread;
  }
  return threads.reduce((best, thread) => (thread.waiting < best.waiting ? thread : best));
}

class SheetThread {
  readonly #worker = new Worker(new URL('./thread.ts', import.meta.url));
  /** Answers come in the order of the tasks. */
  readonly #waiting: PromiseWithResolvers<DeflatedBlock>[] = [];

  constructor(onGone: () => void) {
    this.#worker.unref();
    this.#worker.on('message', (answer: Answer) => {
      const task = this.#waiting.shift();
      if (this.#waiting.length === 0) this.#worker.unref();
      if ('block' in answer) task?.resolve(answer.block);
      else task?.reject(answer.error);
    });
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', () => {
      onGone();
      this.#fail(new Error('The thread that writes rows ended.'));
    });
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  encode(task: SheetRowsTask, spent: boolean): Promise<DeflatedBlock> {
    const answer = Promise.withResolvers<DeflatedBlock>();
    this.#waiting.push(answer);
    this.#worker.ref();
    this.#worker.postMessage(task, spent ? [task.bytes.buffer as ArrayBuffer] : []);
    return answer.promise;
  }

  #fail(error: unknown): void {
    for (const task of this.#waiting.splice(0)) task.reject(error);
  }
}
