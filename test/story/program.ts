import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { openApps } from '../../src/auth/storage/apps.ts';
import { placesIn } from '../../src/config.ts';
import { readWriteAll } from '../../src/domain/access.ts';
import type { TenantId } from '../../src/domain/ids.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { openSqlite, transaction } from '../../src/kit/sqlite/sqlite.ts';
import { type Access, Client } from './client.ts';

const entry = new URL('../../src/main.ts', import.meta.url).pathname;

export type Credentials = Access & { readonly tenant: string };

type LogLine = { readonly event: string; readonly role: string } & Readonly<Record<string, unknown>>;

/** The program itself, started as a person would start it. */
export class Program extends Client {
  readonly data: string;
  readonly log: LogLine[] = [];
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  readonly #waiting = new Set<() => void>();

  private constructor(data: string, env: NodeJS.ProcessEnv, more: readonly string[]) {
    super();
    this.data = data;
    const args = [entry, 'serve', '--data', data, '--port', '0', ...more];
    this.#child = spawn(process.execPath, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#closed = once(this.#child, 'close');
    this.#child.stdout?.resume();
    createInterface(this.#child.stderr!).on('line', (line) => {
      if (!line.startsWith('{')) return;
      this.log.push(JSON.parse(line) as LogLine);
      for (const wake of this.#waiting) wake();
    });
    void this.#closed.then(() => {
      for (const wake of this.#waiting) wake();
    });
  }

  /**
   * Starts it on a data directory (a new temporary one by default) and waits until its worker is ready, or until another
   * event of the log.
   */
  static async start(
    options: {
      readonly data?: string;
      readonly env?: NodeJS.ProcessEnv;
      readonly until?: string;
      /** More of the command line. */
      readonly args?: readonly string[];
    } = {},
  ): Promise<Program> {
    const { data = mkdtempSync(join(tmpdir(), 'trailport-')), env = {}, until = 'worker_ready', args = [] } = options;
    const program = new Program(data, env, args);
    await program.logged((line) => line.event === until);
    await program.logged((line) => line.event === 'server_ready');
    return program;
  }

  get credentials(): Credentials {
    return JSON.parse(readFileSync(join(this.data, 'credentials.json'), 'utf8')) as Credentials;
  }

  get access(): Access {
    return this.credentials;
  }

  /** The server's process. */
  get pid(): number {
    return this.#child.pid!;
  }

  /** The process of the worker that was started last. */
  get workerPid(): number {
    return this.log.findLast((line) => line.event === 'worker_started')?.pid as number;
  }

  /**
   * Stops the worker, so that what is started waits. Never in the middle of a write: the server would wait for the job
   * database, which the stopped worker would keep locked.
   */
  holdWorker(): void {
    const database = openSqlite(placesIn(this.data).database, 10_000);
    transaction(database, () => process.kill(this.workerPid, 'SIGSTOP'));
    database.close();
  }

  releaseWorker(): void {
    process.kill(this.workerPid, 'SIGCONT');
  }

  /** Waits for a line of the log from `since` on; fails when the program ends without it. */
  async logged(matches: (line: LogLine) => boolean, since = 0): Promise<LogLine> {
    for (;;) {
      const found = this.log.slice(since).find(matches);
      if (found !== undefined) return found;
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
        throw new Error(`the program ended: ${JSON.stringify(this.log.slice(-3))}`);
      }
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#waiting.delete(wake);
          resolve();
        };
        this.#waiting.add(wake);
      });
    }
  }

  /** A program of another tenant, registered as `trailport app add` does it. */
  async clientOf(tenant: string): Promise<Client> {
    const database = openSqlite(placesIn(this.data).database, 10_000);
    const { app, secret } = await (await openApps({ kind: 'sqlite', db: database }, systemClock)).add({
      name: tenant,
      tenant: tenant as TenantId,
    });
    database.close();
    const { url } = this;
    const access = { server: url, clientId: app.id, clientSecret: secret ?? '', scope: readWriteAll };
    return new (class extends Client {
      readonly access = access;
    })();
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.#closed;
  }

  async kill9(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#closed;
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.data, { recursive: true, force: true });
  }
}
