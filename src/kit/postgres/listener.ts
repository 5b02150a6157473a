import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { connectionFor } from './postgres.ts';

/** How long to wait before a connection that broke is made again, in ms. */
const againMs = 1000;

/**
 * Hears what other processes notify of (`NOTIFY`), on a connection of its own. What is notified while the connection is
 * broken, or through a pooler that shares connections between transactions, is not heard: nobody may rest on it.
 */
export class Listener implements AsyncDisposable {
  readonly #url: string;
  readonly #channel: string;
  readonly #hear: (payload: string | null) => void;
  readonly #closing = new AbortController();
  readonly #done: Promise<void>;
  readonly #began = Promise.withResolvers<void>();
  #client: pg.Client | null = null;

  /** `hear` is called with each payload, and with null whenever some may have been missed. */
  constructor(url: string, channel: string, hear: (payload: string | null) => void) {
    this.#url = url;
    this.#channel = channel;
    this.#hear = hear;
    this.#done = this.#listen();
  }

  /** Resolves when it hears, or could not at the first try: what happened before then may have been missed. */
  get began(): Promise<void> {
    return this.#began.promise;
  }

  async #listen(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await this.#listenOnce().catch(() => {});
      this.#began.resolve();
      this.#hear(null);
      await delay(againMs, undefined, { signal }).catch(() => {});
    }
  }

  /** Resolves or rejects when the connection has ended. */
  async #listenOnce(): Promise<void> {
    const client = new pg.Client(connectionFor(this.#url));
    this.#client = client;
    const ended = new Promise<void>((resolve) => {
      client.once('error', () => resolve());
      client.once('end', () => resolve());
    });
    try {
      await client.connect();
      client.on('notification', ({ payload = '' }) => this.#hear(payload));
      await client.query(`LISTEN ${pg.escapeIdentifier(this.#channel)}`);
      this.#hear(null);
      this.#began.resolve();
      if (!this.#closing.signal.aborted) await ended;
    } finally {
      this.#client = null;
      await client.end().catch(() => {});
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#client?.end().catch(() => {});
    await this.#done;
  }
}
