/** The list of writes, in the directory of a store. */
export const ledgerName = 'ledger.db';
/** How long a statement of it waits for another process that reads the file. */
export const ledgerBusyMs = 10_000;

/** Says that the store was made, and its schema. */
export const markerName = 'made.json';
