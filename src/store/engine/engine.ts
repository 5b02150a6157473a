import { createRequire } from 'node:module';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Session } from 'chdb';
import { Failure } from '../../domain/failure.ts';

/** Values for `{name:Type}` placeholders; text from outside reaches the engine only this way. */
export type Bindings = Readonly<Record<string, unknown>>;

/** Some rows of a stream in the format asked for. */
export type Chunk = { readonly rows: number; readonly bytes: Uint8Array };

/** The ClickHouse engine in this process (chDB): one process a data directory, one stream a session. */
export class Engine implements Disposable {
  readonly #path: string;
  readonly #open: (path: string) => Session;
  readonly #main: Session;

  constructor(path: string) {
    // Loaded here and not at the top: the library is 500 MB, and the server's side of the program has no use for it.
    const { Session: ChdbSession } = createRequire(import.meta.url)('chdb') as typeof import('chdb');
    this.#path = path;
    this.#open = (at) => new ChdbSession(at);
    try {
      this.#main = this.#open(path);
    } catch (cause) {
      throw new Failure('store_unreachable', 'The store did not open: another process has it, or it is damaged.', {
        cause,
      });
    }
  }

  /** Runs a statement that answers nothing. */
  async run(sql: string, bindings: Bindings = {}): Promise<void> {
    await translated(() => this.#main.queryBindAsync(sql, bindings, { format: 'Null' }));
  }

  /** The rows of a small answer. */
  async rows<T>(sql: string, bindings: Bindings = {}): Promise<T[]> {
    const answer = await translated(() => this.#main.queryBindAsync(sql, bindings, { format: 'JSONCompactEachRow' }));
    const lines = answer.text().split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as T);
  }

  /** Puts rows written as JSON, one a line, into a table. */
  async insert(table: string, lines: Uint8Array): Promise<void> {
    await translated(() => this.#main.insert({ table, values: lines, format: 'JSONEachRow' }));
  }

  /**
   * Streams an answer with back-pressure; leaving the loop cancels the query. Each stream has a session of its own:
   * another query on a session whose stream is open breaks that stream or comes back empty.
   */
  async *stream(sql: string, bindings: Bindings, format: string, signal: AbortSignal): AsyncGenerator<Chunk> {
    signal.throwIfAborted();
    const session = this.#open(this.#path);
    try {
      const stream = await translated(async () => session.queryStreamBind(sql, bindings, { format, signal }));
      try {
        for await (const chunk of stream) {
          signal.throwIfAborted();
          yield { rows: chunk.numRows, bytes: chunk.raw() };
        }
      } catch (error) {
        signal.throwIfAborted();
        throw engineFailure(error);
      } finally {
        stream.cancel();
      }
      signal.throwIfAborted();
    } finally {
      // Closed on another turn: the engine's thread may still be leaving the stream's last call.
      await nextTurn();
      session.close();
    }
  }

  [Symbol.dispose](): void {
    this.#main.close();
  }
}

async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw engineFailure(error);
  }
}

/** An engine's error may quote rows and values, so its own words stay in `cause` and only its number is told. */
function engineFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const code = (error as { clickhouseCode?: unknown }).clickhouseCode;
  const number = typeof code === 'number' ? code : 0;
  // ClickHouse error 243: NOT_ENOUGH_SPACE.
  if (number === 243)
    return new Failure('disk_full', 'The disk of the store is full; free space there.', { cause: error });
  return new Failure('store_unreachable', `The store could not answer (engine error ${number}).`, { cause: error });
}
