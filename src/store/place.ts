import type { Database } from '../kit/database.ts';
import type { Postgres } from '../kit/postgres/postgres.ts';

/** The list of writes, in the directory of a store. */
export const ledgerName = 'ledger.db';
/** How long a statement of it waits for another process that reads the file. */
export const ledgerBusyMs = 10_000;

/** Says that the store was made, and its schema. */
export const markerName = 'made.json';

/** Where a store is: its tables and its list of writes. */
export type StorePlace =
  /** In files of its directory, for one process. */
  | { readonly kind: 'embedded' }
  /** Tables on a ClickHouse server, by its address with its password; the list in the directory, for one process. */
  | { readonly kind: 'server'; readonly url: string }
  /** Tables on a ClickHouse server and the list in PostgreSQL, for any number of processes. */
  | {
      readonly kind: 'shared';
      readonly url: string;
      readonly postgres: Postgres;
      /** The name of this process; no other has it. */
      readonly process: string;
      /** A process that gives no sign of life for so long is taken for dead. */
      readonly leaseMs: number;
    };

/** Where the store is whose activities are on this server, or in files (null), and whose jobs are in this database. */
export function placeFor(url: string | null, database: Database, process: string, leaseMs: number): StorePlace {
  if (url === null) return { kind: 'embedded' };
  if (database.kind === 'sqlite') return { kind: 'server', url };
  return { kind: 'shared', url, postgres: database.postgres, process, leaseMs };
}
