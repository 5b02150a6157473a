import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { Failure } from '../../../domain/failure.ts';
import type { SheetRowsTask } from './columns.ts';
import { type EncodedRows, encodeRows } from './rows.ts';

/** So few rows are written on the calling thread: 20 ms at most, less than the start of another thread takes. */
const fewRows = 2048;

/** What a thread sends for a task: its number, and the rows or why there are none. */
export type Answer =
  | { readonly number: number; readonly block: EncodedRows }
  | { readonly number: number; readonly error: unknown };

/**
 * Writes rows of a sheet, on another thread when they are many. `spent`: the task's bytes are not needed elsewhere, so
 * they may be transferred. Throws `report_incomplete` when the answer is not for the rows of the task.
 */
export async function encodeOnThread(task: SheetRowsTask, spent = false): Promise<EncodedRows> {
  return task.to - task.from > fewRows ? threads.encode(task, spent) : checked(task, encodeRows(task));
}

/**
 * Threads that write rows, started when first needed and shared by all reports of this process. They keep nothing
 * between tasks and do not keep the process alive. A thread that breaks fails its own tasks and is replaced.
 */
export class SheetThreads {
  readonly #most: number;
  readonly #start: () => Worker;
  readonly #threads: SheetThread[] = [];

  constructor(most: number, start: () => Worker) {
    this.#most = most;
    this.#start = start;
  }

  async encode(task: SheetRowsTask, spent: boolean): Promise<EncodedRows> {
    return checked(task, await this.#idlest().encode(task, spent));
  }

  #idlest(): SheetThread {
    const idle = this.#threads.find(({ waiting }) => waiting === 0);
    if (idle !== undefined) return idle;
    if (this.#threads.length < this.#most) {
      const thread: SheetThread = new SheetThread(this.#start(), () => {
        const i = this.#threads.indexOf(thread);
        if (i >= 0) this.#threads.splice(i, 1);
      });
      this.#threads.push(thread);
      return thread;
    }
    return this.#threads.reduce((best, thread) => (thread.waiting < best.waiting ? thread : best));
  }
}

const threads = new SheetThreads(availableParallelism(), () => new Worker(new URL('./thread.ts', import.meta.url)));

/** The rows of the task and no others: a sheet with another report's rows would have a right CRC. */
function checked(task: SheetRowsTask, block: EncodedRows): EncodedRows {
  if (block.firstNumber === task.firstNumber && block.rows === task.to - task.from) return block;
  throw new Failure(
    'report_incomplete',
    'A thread answered with other rows than those of its task; the report is made again.',
  );
}

class SheetThread {
  readonly #worker: Worker;
  readonly #onBroken: () => void;
  readonly #waiting = new Map<number, PromiseWithResolvers<EncodedRows>>();
  #lastNumber = 0;

  constructor(worker: Worker, onBroken: () => void) {
    this.#worker = worker;
    this.#onBroken = onBroken;
    worker.unref();
    worker.on('message', (answer: Answer) => this.#settle(answer));
    worker.on('messageerror', (error) => this.#break(error));
    worker.on('error', (error) => this.#break(error));
    worker.on('exit', () => this.#break(new Error('A thread that writes rows ended.')));
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  encode(task: SheetRowsTask, spent: boolean): Promise<EncodedRows> {
    const number = ++this.#lastNumber;
    // Throws when the task cannot be sent; nothing waits for it then.
    this.#worker.postMessage({ number, task }, spent ? [task.bytes.buffer as ArrayBuffer] : []);
    const answer = Promise.withResolvers<EncodedRows>();
    this.#waiting.set(number, answer);
    this.#worker.ref();
    return answer.promise;
  }

  #settle(answer: Answer): void {
    const task = this.#waiting.get(answer.number);
    if (task === undefined) {
      this.#break(new Error('A thread that writes rows answered a task that it was not given.'));
      return;
    }
    this.#waiting.delete(answer.number);
    if (this.#waiting.size === 0) this.#worker.unref();
    if ('block' in answer) task.resolve(answer.block);
    else task.reject(answer.error);
  }

  /** Fails every task of this thread and ends it: after an error none of its answers can be trusted. */
  #break(error: unknown): void {
    this.#onBroken();
    this.#worker.removeAllListeners('message');
    for (const task of this.#waiting.values()) task.reject(error);
    this.#waiting.clear();
    this.#worker.unref();
    void this.#worker.terminate();
  }
}
