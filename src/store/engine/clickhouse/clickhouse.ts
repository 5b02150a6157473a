import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { lookupTimeout } from '../../../domain/lookup.ts';
import { literal } from '../../literal.ts';
import { Turns } from '../../write/turns.ts';
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
import { formOf } from './bindings.ts';
import { blocksOf } from './blocks.ts';
import { lateError, lateErrorBytes, numberOf, serverFailure } from './failures.ts';
import { Formatter, formatSettings } from './format.ts';
import { bodyOf } from './response.ts';

export type ClickHouseOptions = {
  /** `http://user:password@host:8123`, or https. */
  readonly url: string;
  /** A directory of its own on this machine. */
  readonly scratch: string;
};

/** Connections of one process; more requests wait for one. */
const mostConnections = 32;
/** The server keeps a session so long after its last statement; its own default is a minute. */
const sessionSeconds = 3600;
/** A statement may be silent so long: a removal from 100 million rows takes minutes. */
const mostSilentMs = 3_600_000;
/** ClickHouse's TIMEOUT_EXCEEDED, SESSION_NOT_FOUND, SESSION_IS_LOCKED. */
const timeoutExceeded = 159;
const sessionNotFound = 372;
const sessionLocked = 373;

type Settings = NonNullable<StreamQuery['settings']>;
type Request = {
  readonly sql: string;
  readonly bindings?: Bindings;
  readonly settings?: Settings;
  readonly values?: Uint8Array;
  readonly id?: string;
  readonly signal?: AbortSignal;
};

/** A ClickHouse server over HTTP. */
export class ClickHouseEngine implements Engine {
  readonly #client: ClickHouseClient;
  readonly #formatter: Formatter;
  /** Temporary tables belong to a session, whose statements must not run at the same time. */
  readonly session: string | null;
  #isThere = false;
  readonly #turns = new Turns();

  private constructor(client: ClickHouseClient, formatter: Formatter, hasSession: boolean) {
    this.#client = client;
    this.#formatter = formatter;
    this.session = hasSession ? newName() : null;
  }

  /** Connects with the first statement, so that a server that is away is a failure of that one. */
  static open({ url, scratch }: ClickHouseOptions): ClickHouseEngine {
    const client = createClient({
      url,
      application: 'trailport',
      max_open_connections: mostConnections,
      request_timeout: mostSilentMs,
      keep_alive: { eagerly_destroy_stale_sockets: true },
      // Its errors quote statements.
      log: { level: ClickHouseLogLevel.OFF },
    });
    return new ClickHouseEngine(client, new Formatter(scratch), false);
  }

  connect(): ClickHouseEngine {
    return new ClickHouseEngine(this.#client, this.#formatter, true);
  }

  async endSession(session: string): Promise<void> {
    const settings = { session_id: session, session_check: 1, close_session: 1 };
    for (;;) {
      await this.run(`KILL QUERY WHERE startsWith(query_id, ${literal(`${session}/`)}) SYNC`);
      try {
        return void (await this.#text({ sql: 'SELECT 1', settings }));
      } catch (error) {
        const number = numberOf(error);
        if (number === sessionNotFound) return;
        // Its next statement began meanwhile.
        if (number !== sessionLocked) throw error;
      }
    }
  }

  async run(sql: string, bindings: Bindings = {}): Promise<void> {
    await this.#text({ sql, bindings });
  }

  async rows<T>(sql: string, bindings: Bindings = {}): Promise<T[]> {
    return rowsFrom(await this.#text({ sql: `${sql} FORMAT JSONCompactEachRow`, bindings }));
  }

  async rowsApart<T>(sql: string, bindings: Bindings, mostMs: number, signal: AbortSignal): Promise<T[]> {
    const settings = { max_execution_time: mostMs / 1000 };
    const asked = { sql: `${sql} FORMAT JSONCompactEachRow`, bindings, settings, id: newName(), signal };
    try {
      return rowsFrom(await this.#text(asked));
    } catch (error) {
      if (signal.aborted) this.#kill(asked.id);
      signal.throwIfAborted();
      throw numberOf(error) === timeoutExceeded ? lookupTimeout(mostMs) : error;
    }
  }

  async insert(table: string, block: Block): Promise<void> {
    await this.#text({
      sql: insertFrom(table, block, (structure) => `input(${structure})`, block.format),
      values: block.bytes,
    });
  }

  async *stream({ sql, bindings, format, settings = {} }: StreamQuery, signal: AbortSignal): AsyncGenerator<Chunk> {
    const native = `${sql}${settingsOf(formatSettings(settings, false))} FORMAT Native`;
    const blocks = this.#blocks(native, bindings, signal);
    if (format === 'Native') yield* blocks;
    else yield* this.#formatter.written(blocks, format, settings, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.session === null) {
      await this.#client.close();
      await this.#formatter[Symbol.asyncDispose]();
    } else if (this.#isThere) {
      // What a session that cannot be ended has is gone after `sessionSeconds`.
      await this.#text({ sql: 'SELECT 1', settings: { close_session: 1 } }).catch(() => undefined);
    }
  }

  /** A whole answer, as text. The server sends it when it is complete, so that every error has a status of its own. */
  #text(request: Request): Promise<string> {
    const settings = { ...request.settings, wait_end_of_query: 1 };
    const ask = async () => {
      const response = await this.#ask({ ...request, settings });
      try {
        const pieces = await Array.fromAsync(bodyOf(response, request.signal ?? never));
        return Buffer.concat(pieces).toString();
      } catch (error) {
        request.signal?.throwIfAborted();
        throw serverFailure(error);
      }
    };
    return this.session === null ? ask() : this.#turns.take('session', ask);
  }

  /** The blocks of an answer, as they come. */
  async *#blocks(sql: string, bindings: Bindings, signal: AbortSignal): AsyncGenerator<Chunk> {
    const id = newName();
    let end: Uint8Array = new Uint8Array();
    let isComplete = false;
    try {
      const response = await this.#ask({ sql, bindings, id, signal });
      const tag = response.headers['x-clickhouse-exception-tag'] as string | undefined;
      const pieces = bodyOf(response, signal);
      const followed = async function* () {
        for await (const piece of pieces) {
          end = piece.byteLength < lateErrorBytes ? Buffer.concat([end, piece]).subarray(-lateErrorBytes) : piece;
          yield piece;
        }
      };
      try {
        yield* blocksOf(followed());
      } catch (error) {
        signal.throwIfAborted();
        // The text of an error is no block; its end may not have come yet.
        for await (const _ of followed());
        throw lateError(end, tag) ?? error;
      }
      isComplete = true;
    } catch (error) {
      signal.throwIfAborted();
      throw serverFailure(error);
    } finally {
      if (!isComplete) this.#kill(id);
    }
  }

  async #ask({
    sql,
    bindings = {},
    settings = {},
    values,
    id = this.#nextId(),
    signal,
  }: Request): Promise<IncomingMessage> {
    signal?.throwIfAborted();
    const { session } = this;
    // Each statement but the first demands that the session is there: none begins one that was ended.
    const inSession =
      session === null
        ? {}
        : { session_id: session, session_timeout: sessionSeconds, session_check: this.#isThere ? 1 : 0 };
    const form = Object.keys(bindings).length === 0 ? null : await formOf(sql, bindings);
    const body = values === undefined ? form?.values : Readable.from([Buffer.from(values)]);
    try {
      const { stream } = await this.#client.exec({
        query: form === null ? sql : '',
        query_id: id,
        clickhouse_settings: { async_insert: 0, ...inSession, ...settings } as Record<string, number | string>,
        ...(body === undefined ? {} : { values: body }),
        ...(form === null ? {} : { http_headers: { 'content-type': form.type } }),
        ...(signal === undefined ? {} : { abort_signal: signal }),
        decompress_response_stream: false,
      });
      this.#isThere = true;
      return stream as IncomingMessage;
    } catch (error) {
      signal?.throwIfAborted();
      throw serverFailure(error);
    }
  }

  /** The queries of a session carry its name, so that they can be ended with it. */
  #nextId(): string {
    return this.session === null ? newName() : `${this.session}/${randomUUID()}`;
  }

  /** Ends a query on the server. One that cannot be ended now ends when its answer cannot be sent. */
  #kill(id: string): void {
    const killing = this.#client.command({ query: `KILL QUERY WHERE query_id = '${id}' ASYNC` });
    killing.catch(() => undefined);
  }
}

const never = new AbortController().signal;

function newName(): string {
  return `trailport-${randomUUID()}`;
}
