import { parentPort, workerData } from 'node:worker_threads';
import { Failure } from '../../domain/failure.ts';
import { fileAt, inBatches, readRecords, type SourceFile, type SourceItem, Tally } from '../../source/source.ts';
import { ActivityBlock } from '../../store/store.ts';
import { batchesInFlight, type FromReader, gauge, type ReaderTask, type ToReader } from './messages.ts';

/*
 * The thread that reads one received file: bytes become records, records become activities, activities become the blocks
 * that the store inserts. It opens no store and no database, so it can be killed at any moment without harm.
 */

/** Work is counted in pieces of the file this long: even one that inflates a thousandfold is done in a moment. */
const pieceBytes = 64 * 1024;

/** A block has the originals and, besides them, about a fifth of their length; a packed file has more of them. */
const blockBytesPerByte = 1.3;
const mostBlockBytes = 60 << 20;

const port = parentPort!;
const task = workerData as ReaderTask;
const gauges = new Int32Array(task.gauges);
let mayPost = batchesInFlight;
let onTaken = (): void => {};
const block = new ActivityBlock(Math.min(task.bytes * blockBytesPerByte, mostBlockBytes));
port.on('message', ({ memory }: ToReader) => {
  block.reuse(memory);
  mayPost++;
  onTaken();
});

Atomics.store(gauges, gauge.waits, 0);
try {
  const tally = new Tally();
  const file = followedFile(await fileAt(task.path));
  const items = counted(readRecords(file, task.limits, (sentence) => tally.assume(sentence)));
  for await (const batch of inBatches(items, tally, block)) {
    if (mayPost === 0) await taken();
    mayPost--;
    post({ say: 'batch', batch }, [batch.block.buffer]);
  }
  post({ say: 'done', tallied: tally.tallied() });
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  post({ say: 'failed', code: error.code, message: error.message });
} finally {
  // Lets the thread end; what was posted still arrives.
  port.unref();
}

function post(message: FromReader, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}

/** Waits until the store has taken a batch, and says so: this wait is not the file's fault. */
async function taken(): Promise<void> {
  Atomics.store(gauges, gauge.waits, 1);
  while (mayPost === 0) {
    await new Promise<void>((resolve) => {
      onTaken = resolve;
    });
  }
  Atomics.store(gauges, gauge.waits, 0);
}

/** The file in small pieces, each counted as work when it is asked for. */
function followedFile(file: SourceFile): SourceFile {
  async function* read(start?: number, end?: number): AsyncGenerator<Uint8Array> {
    for await (const chunk of file.read(start, end)) {
      for (let at = 0; at < chunk.byteLength; at += pieceBytes) {
        const piece = chunk.subarray(at, at + pieceBytes);
        yield piece;
        Atomics.add(gauges, gauge.work, Math.ceil(piece.byteLength / 1024));
      }
      Atomics.store(gauges, gauge.position, Math.floor(file.position / 1024));
    }
  }
  return {
    bytes: file.bytes,
    get position() {
      return file.position;
    },
    read,
  };
}

/** Counts the records that are given out, and their text as work. */
async function* counted(items: AsyncIterable<SourceItem[]>): AsyncGenerator<SourceItem[]> {
  for await (const some of items) {
    let units = 0;
    for (const item of some) units += item.kind === 'activity' ? item.activity.raw.length : item.record.length;
    Atomics.add(gauges, gauge.work, Math.ceil(units / 1024));
    Atomics.add(gauges, gauge.records, some.length);
    yield some;
  }
}
