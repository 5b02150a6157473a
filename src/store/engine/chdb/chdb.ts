import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Session } from 'chdb';
import { lookupTimeout } from '../../../domain/lookup.ts';
import { createUnnamedFile } from '../../../kit/files.ts';
import {
  type Bindings,
  type Block,
  type Chunk,
  type Engine,
  insertFrom,
  rowsFrom,
  type StreamQuery,
  settingsOf,
} from '../engine.ts';
import { engineFailure } from '../failures.ts';
import { openFailure } from './failures.ts';

/** Sessions kept for the next stream. */
const mostIdle = 4;

/** The ClickHouse engine in this process (chDB): one process a data directory, one stream a session. */
export class ChdbEngine implements Engine {
  readonly session = null;
  readonly #path: string;
  readonly #open: (path: string) => Session;
  readonly #main: Session;
  /** Sessions whose last stream came to its end, for the next one: opening one takes a millisecond. */
  readonly #idle: Session[] = [];

  constructor(path: string) {
    // Loaded here and not at the top: the library is 500 MB, and the server's side of the program has no use for it.
    const { Session: ChdbSession } = createRequire(import.meta.url)('chdb') as typeof import('chdb');
    this.#path = path;
    this.#open = (at) => new ChdbSession(at);
    try {
      this.#main = this.#open(path);
    } catch (cause) {
      throw openFailure(path, cause);
    }
  }

  /**
   * Statements of one connection do not wait for those of another, except that statements with bindings always wait for
   * each other (chdb-node runs one of them at a time in a process).
   */
  connect(): ChdbEngine {
    return new ChdbEngine(this.#path);
  }

  /** Runs a statement that answers nothing. */
  /** What this process has ends with it. */
  async endSession(): Promise<void> {}

  async run(sql: string, bindings: Bindings = {}): Promise<void> {
    await translated(() => this.#ask(sql, bindings, 'Null'));
  }

  /** The rows of a small answer. */
  async rows<T>(sql: string, bindings: Bindings = {}): Promise<T[]> {
    const answer = await translated(() => this.#ask(sql, bindings, 'JSONCompactEachRow'));
    return rowsFrom(answer.text());
  }

  /**
   * Puts a block of columns into a table, whose other columns take their defaults. The library takes text alone as the
   * data of an INSERT, so the engine reads the block from a file: 0.6 µs of processor a row of 1 kB, writing included.
   */
  async insert(table: string, block: Block): Promise<void> {
    await using file = await createUnnamedFile(dirname(this.#path));
    const { bytes } = block;
    // With positions: where `/dev/fd` shares the file's own position, that stays at the beginning.
    for (let at = 0; at < bytes.byteLength; ) {
      at += (await file.write(bytes, at, bytes.byteLength - at, at)).bytesWritten;
    }
    await this.run(
      insertFrom(table, block, (structure) => `file('/dev/fd/${file.fd}', ${block.format}, ${structure})`),
    );
  }

  /**
   * Streams an answer with back-pressure; leaving the loop cancels the query. Each stream has a session of its own:
   * another query on a session whose stream is open breaks that stream or comes back empty.
   */
  async *stream({ sql, bindings, format, settings }: StreamQuery, signal: AbortSignal): AsyncGenerator<Chunk> {
    signal.throwIfAborted();
    const query = `${sql}${settingsOf(settings)}`;
    const session = this.#idle.pop() ?? this.#open(this.#path);
    let cameToItsEnd = false;
    try {
      const stream = await translated(async () => session.queryStreamBind(query, bindings, { format, signal }));
      try {
        for await (const chunk of stream) {
          signal.throwIfAborted();
          if (chunk.numRows > 0) yield { rows: chunk.numRows, bytes: chunk.raw() };
        }
        cameToItsEnd = true;
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
      if (cameToItsEnd && this.#idle.length < mostIdle) this.#idle.push(session);
      else session.close();
    }
  }

  /**
   * The rows of a small answer that may take long. It has a session of its own, because one-shot queries wait for each
   * other. A stream whose first piece is not there yet cannot be cancelled, so an abort kills the query by its mark.
   */
  async rowsApart<T>(sql: string, bindings: Bindings, mostMs: number, signal: AbortSignal): Promise<T[]> {
    const mark = `query-${randomUUID()}`;
    const settings = { max_execution_time: mostMs / 1000, log_comment: mark };
    const kill = () => {
      const killing = this.run(`KILL QUERY WHERE query LIKE '%${mark}%' AND query NOT LIKE 'KILL%' ASYNC`);
      // The time limit ends it all the same.
      killing.catch(() => undefined);
    };
    signal.addEventListener('abort', kill, { once: true });
    try {
      const pieces: Uint8Array[] = [];
      // Not the caller's signal: the loop must wait until the query has ended, and then the session can be closed.
      const query = { sql, bindings, format: 'JSONCompactEachRow', settings } as const;
      const stream = this.stream(query, new AbortController().signal);
      for await (const { bytes } of stream) pieces.push(bytes);
      signal.throwIfAborted();
      return rowsFrom(Buffer.concat(pieces).toString());
    } catch (error) {
      signal.throwIfAborted();
      // ClickHouse error 159: TIMEOUT_EXCEEDED. An error of a stream has its number in the text only.
      const { message = '' } = ((error as Error).cause ?? {}) as Partial<Error>;
      throw /^Code: 159\b/.test(message) ? lookupTimeout(mostMs) : error;
    } finally {
      signal.removeEventListener('abort', kill);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.#idle.splice(0)) session.close();
    this.#main.close();
  }

  #ask(sql: string, bindings: Bindings, format: 'Null' | 'JSONCompactEachRow') {
    return Object.keys(bindings).length === 0
      ? this.#main.queryAsync(sql, { format })
      : this.#main.queryBindAsync(sql, bindings, { format });
  }
}

async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw engineFailure(error);
  }
}
