import { literal } from '../literal.ts';

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
  /** The session of a connection on a server; null for the connection that made it, and where everything ends with the process. */
  readonly session: string | null;
  /**
   * Another connection to the same data, with temporary tables of its own, which end with it. Dispose of it before the
   * one that made it.
   */
  connect(): Engine;
  /**
   * Ends a session, perhaps of another process, with what runs in it: none of its statements changes anything once this
   * returns, also one that is still on its way. One that is not there is no error.
   */
  endSession(session: string): Promise<void>;
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

/** The settings of a query as the end of its SELECT. */
export function settingsOf(settings: StreamQuery['settings'] = {}): string {
  const list = Object.entries(settings).map(([name, value]) => `${name} = ${literal(value)}`);
  return list.length === 0 ? '' : ` SETTINGS ${list.join(', ')}`;
}

/** An INSERT of a block; `source` makes the table function that reads its columns, and `format` ends the statement. */
export function insertFrom(
  table: string,
  block: Block,
  source: (structure: string) => string,
  format?: string,
): string {
  // Not as defaults of the table: those are computed for every row where `if` needs few, in twice the time.
  const names = Object.keys(block.columns);
  const values = { ...Object.fromEntries(names.map((name) => [name, name])), ...block.computed };
  const structure = Object.entries(block.columns).map((column) => column.join(' '));
  return `INSERT INTO ${table} (${Object.keys(values).join(', ')}) SELECT ${Object.values(values).join(', ')}
    FROM ${source(literal(structure.join(', ')))} SETTINGS async_insert = 0${format === undefined ? '' : ` FORMAT ${format}`}`;
}

/** The rows of the format JSONCompactEachRow. */
export function rowsFrom<T>(text: string): T[] {
  const lines = text.split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as T);
}
