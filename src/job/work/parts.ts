import type { AppId, JobKey } from '../../domain/ids.ts';
import type { BackupRequest, BackupResult, JobType, Outcome, Progress } from '../../domain/job.ts';
import type { Shelf, Spool } from '../../files/files.ts';
import type { Clock } from '../../kit/clock.ts';
import type { Store } from '../../store/store.ts';
import type { Claimed, Journal, Lease } from '../journal/journal.ts';

/** A claimed job of one type. */
export type JobOf<T extends JobType> = Extract<Claimed, { readonly type: T }>;

/** What attempts work with. */
export type WorkParts = {
  readonly store: Store;
  readonly shelf: Shelf;
  readonly spool: Spool;
  readonly journal: Journal;
  /** Called when a job other than the one that is attempted has changed. */
  readonly changed: (key: JobKey) => void;
  readonly clock: Pick<Clock, 'now'>;
  /** The name of an app, for the report; null when it is not registered any more. */
  readonly appName: (id: AppId) => Promise<string | null>;
  readonly limits: {
    readonly recordBytes: number;
    readonly importInflatedBytes: number;
    readonly importEntries: number;
    readonly importStallMs: number;
    readonly eraseWaitMs: number;
  };
  /** Makes a backup of the installation; `progress` is called with bytes. Safe to repeat. */
  readonly backUp: (
    request: BackupRequest,
    how: { readonly progress: (done: number, total: number) => void; readonly signal: AbortSignal },
  ) => Promise<BackupResult>;
  /** The program of the thread that reads a file, where it is not the usual one. */
  readonly readerScript?: URL;
};

/** The file of the records that an attempt at an import sets aside. */
export function rejectsNameFor({ key, fence }: Lease): string {
  return `${key}-${fence}.rejects`;
}

/** How an attempt reports to its loop, and how the loop stops it. */
export type AttemptContext = {
  readonly progress: (progress: Progress) => void;
  /** Aborts when the job was cancelled, the lease was lost or the worker stops. */
  readonly signal: AbortSignal;
};

/** The durable result of an attempt. `takeBack` removes its files when the job belongs to somebody else by then. */
export type Attempt = { readonly outcome: Outcome; takeBack(): Promise<void> };
