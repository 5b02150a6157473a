/** Values for `{name:Type}` placeholders; text from outside reaches the engine only this way. */
export type Bindings = Readonly<Record<string, unknown>>;

/** Some rows of a stream in the format asked for. */
export type Chunk = { readonly rows: number; readonly bytes: Uint8Array };

/** Rows in one of the engine's formats, with the names and types of their columns. */
export type Block = {
  readonly format: string;
  readonly columns: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array;
  /** Further columns of the table, or other values for some, as SQL over those. */
  readonly computed?: Readonly<Record<string, string>>;
};

/** The formats in which answers are streamed. */
export const streamFormats = ['Native', 'Template', 'Parquet', 'JSONCompactEachRow', 'TabSeparatedRaw'] as const;
export type StreamFormat = (typeof streamFormats)[number];

/** A SELECT whose answer is streamed. */
export type StreamQuery = {
  /** Without SETTINGS and FORMAT. */
  readonly sql: string;
  readonly bindings: Bindings;
  readonly format: StreamFormat;
  readonly settings?: Readonly<Record<string, string | number>>;
};

/** Asks for the rows of a small answer. */
export type AskRows = <T>(sql: string, bindings: Bindings) => Promise<T[]>;

/**
 * ClickHouse, in this process or as a server: both speak the same SQL and write the same formats. Errors are failures
 * whose message quotes nothing of the statement or the rows: `store_unreachable`, `activities_unreachable` while a server
 * is away, `disk_full`, `store_damaged`.
 */
export interface Engine extends AsyncDisposable {
  /**
   * Another connection to the same data, with temporary tables of its own, which end with it. Dispose of it before the
   * one that made it.
   */
  connect(): Engine;
  /** Runs a statement that answers nothing; what it did is done when this returns. */
  run(sql: string, bindings?: Bindings): Promise<void>;
  /** The rows of a small answer. */
  rows<T>(sql: string, bindings?: Bindings): Promise<T[]>;
  /**
   * The rows of a small answer that may take long. Does not wait for other statements, nor they for it. Ends in the engine
   * too when the signal aborts or after `mostMs`; then this throws the signal's reason or `count_timeout`.
   */
  rowsApart<T>(sql: string, bindings: Bindings, mostMs: number, signal: AbortSignal): Promise<T[]>;
  /** Puts a block of columns into a table, whose other columns take their defaults. */
  insert(table: string, block: Block): Promise<void>;
  /**
   * Streams an answer with back-pressure, in memory that does not grow with it. A chunk is whole blocks of the format,
   * which can be read without those before it, and says how many rows it has; an answer without rows has no chunk. Leaving
   * the loop, or an abort of the signal, ends the query in the engine too. An error of the engine is thrown, however late
   * it comes: a stream that comes to its end is complete.
   */
  stream(query: StreamQuery, signal: AbortSignal): AsyncGenerator<Chunk>;
}

/** The rows of the format JSONCompactEachRow. */
export function rowsFrom<T>(text: string): T[] {
  const lines = text.split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as T);
}
