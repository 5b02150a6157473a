import type { FailureCode } from '../../domain/failure.ts';
import type { IntakeBatch, Tallied } from '../../source/source.ts';

/** What a reader's thread is started with. */
export type ReaderTask = {
  /** The file to read, by its path, and its length. */
  readonly path: string;
  readonly bytes: number;
  readonly limits: { readonly recordBytes: number; readonly inflatedBytes: number; readonly entries: number };
  /** Shared counters, one for each place of `gauge`: they can be read while the thread answers nothing. */
  readonly gauges: SharedArrayBuffer;
};

/** The places of the shared counters (32 bits each). */
export const gauge = {
  /** KiB of the file consumed plus KiB of record text given out. */
  work: 0,
  /** Records read. */
  records: 1,
  /** 1 while the thread is being loaded or waits for the store to take a batch, else 0: the file is not to blame then. */
  waits: 2,
  /** Bytes of the file consumed, in KiB. */
  position: 3,
} as const;

export const gauges = Object.keys(gauge).length;

/** One write to the store, as its block, with what was set aside meanwhile. */
export type EncodedBatch = IntakeBatch<Uint8Array<ArrayBuffer>>;

export type FromReader =
  | { readonly say: 'batch'; readonly batch: EncodedBatch }
  | { readonly say: 'done'; readonly tallied: Tallied }
  | { readonly say: 'failed'; readonly code: FailureCode; readonly message: string };

/** The store has one batch, whose memory comes back; the thread may send another. */
export type ToReader = { readonly say: 'taken'; readonly memory: ArrayBuffer };

/** How many batches may be on their way or in the store's hands, while the thread makes another one. */
export const batchesInFlight = 1;
