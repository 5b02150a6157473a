import { on } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Failure } from '../../domain/failure.ts';
import type { Tallied } from '../../source/source.ts';
import { type EncodedBatch, type FromReader, gauge, gauges, type ReaderTask, type ToReader } from './messages.ts';

export type ReaderLimits = {
  readonly recordBytes: number;
  readonly inflatedBytes: number;
  /** The most files that a ZIP archive may hold. */
  readonly entries: number;
  /** How long the thread may work without getting any further. */
  readonly stallMs: number;
};

/** The slowest speed that still counts as reading; a healthy file is read a hundred times as fast. */
const slowestKibPerSecond = 256;
/** The heap that any file may need, and how much more for each MiB that a record may be long. */
const heapMib = 256;
const heapMibPerRecordMib = 16;

/**
 * Reads one file in a thread of its own, which is killed when the file holds it up: with a record that takes longer
 * than `stallMs`, with work at less than 256 KiB a second, or with more objects than its heap can hold. Time in which
 * the thread waits for the store does not count.
 */
export class FileReader {
  readonly #path: string;
  readonly #bytes: number;
  readonly #limits: ReaderLimits;
  readonly #script: URL;
  readonly #gauges = new Int32Array(new SharedArrayBuffer(gauges * Int32Array.BYTES_PER_ELEMENT));
  #tallied: Tallied | null = null;

  constructor(path: string, bytes: number, limits: ReaderLimits, script = new URL('./thread.ts', import.meta.url)) {
    this.#path = path;
    this.#bytes = bytes;
    this.#limits = limits;
    this.#script = script;
  }

  /** Records read so far. */
  get records(): number {
    return Atomics.load(this.#gauges, gauge.records);
  }

  /** Bytes of the file consumed so far, to the KiB. */
  get position(): number {
    return Atomics.load(this.#gauges, gauge.position) * 1024;
  }

  /** What came, counted; only once `batches` has ended. */
  get tallied(): Tallied {
    if (this.#tallied === null) throw new Error('the file is not read to its end');
    return this.#tallied;
  }

  /**
   * The file's batches in order; the next is read while one is worked on, and no more than a few are held. The memory of a
   * batch's block goes back to the thread when the next one is asked for. Throws what
   * `readRecords` throws, `import_poisoned` when the thread was killed, and the signal's reason when it aborts.
   */
  async *batches(signal: AbortSignal): AsyncGenerator<EncodedBatch> {
    signal.throwIfAborted();
    const { recordBytes, inflatedBytes, entries, stallMs } = this.#limits;
    Atomics.store(this.#gauges, gauge.waits, 1);
    const workerData: ReaderTask = {
      path: this.#path,
      bytes: this.#bytes,
      limits: { recordBytes, inflatedBytes, entries },
      gauges: this.#gauges.buffer as SharedArrayBuffer,
    };
    const maxOldGenerationSizeMb = heapMib + Math.ceil(recordBytes / 2 ** 20) * heapMibPerRecordMib;
    const thread = new Worker(this.#script, { workerData, resourceLimits: { maxOldGenerationSizeMb } });
    const stalled = new AbortController();
    const watch = watchFor(this.#gauges, stallMs, () => stalled.abort());
    try {
      const messages = on(thread, 'message', {
        signal: AbortSignal.any([signal, stalled.signal]),
        close: ['exit'],
      }) as AsyncIterableIterator<[FromReader]>;
      for await (const [message] of messages) {
        if (message.say === 'batch') {
          yield message.batch;
          const memory = message.batch.block.buffer;
          thread.postMessage({ say: 'taken', memory } satisfies ToReader, [memory]);
        } else if (message.say === 'done') {
          this.#tallied = message.tallied;
          return;
        } else throw new Failure(message.code, message.message);
      }
      throw new Error('the thread of the reader ended before the file did');
    } catch (error) {
      signal.throwIfAborted();
      if (stalled.signal.aborted) throw this.#poisoned(`stood still for ${Math.ceil(stallMs / 1000)} s`);
      if ((error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY')
        throw this.#poisoned('ran out of memory');
      throw error;
    } finally {
      clearInterval(watch);
      await thread.terminate();
    }
  }

  #poisoned(what: string): Failure {
    const message =
      `Reading the file ${what} after its first ${this.records} records; ` +
      'remove the record that follows them, then send the file again.';
    return new Failure('import_poisoned', message);
  }
}

/** Calls back once the thread has stood still, or worked too slowly, for too long by this process's own ticks. */
function watchFor(counters: Int32Array, stallMs: number, onStall: () => void): NodeJS.Timeout {
  const tickMs = Math.min(stallMs / 10, 1000);
  let busyMs = 0;
  let stillMs = 0;
  let lastWork = 0;
  return setInterval(() => {
    const work = Atomics.load(counters, gauge.work);
    // Ticks, not a clock: when this process stands still, the thread's time stands still with it.
    if (Atomics.load(counters, gauge.waits) === 0) {
      busyMs += tickMs;
      stillMs = work === lastWork ? stillMs + tickMs : 0;
    }
    lastWork = work;
    if (stillMs >= stallMs || busyMs > stallMs + (work / slowestKibPerSecond) * 1000) onStall();
  }, tickMs);
}
