import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { placesIn } from '../../src/config.ts';
import { openSqlite, transaction } from '../../src/kit/sqlite.ts';

const entry = new URL('../../src/main.ts', import.meta.url).pathname;

export type Credentials = {
  readonly server: string;
  readonly tenant: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope: string;
};

type LogLine = { readonly event: string; readonly role: string } & Readonly<Record<string, unknown>>;

/** The program itself, started as a person would start it. */
export class Program {
  readonly data: string;
  readonly log: LogLine[] = [];
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  readonly #waiting = new Set<() => void>();
  #token: string | undefined;

  private constructor(data: string, env: NodeJS.ProcessEnv) {
    this.data = data;
    const args = [entry, 'serve', '--data', data, '--port', '0'];
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

  /** Starts it on a data directory (a new temporary one by default) and waits until its worker is ready. */
  static async start(options: { data?: string; env?: NodeJS.ProcessEnv } = {}): Promise<Program> {
    const program = new Program(options.data ?? mkdtempSync(join(tmpdir(), 'trailport-')), options.env ?? {});
    await program.logged((line) => line.event === 'worker_ready');
    await program.logged((line) => line.event === 'server_ready');
    return program;
  }

  get credentials(): Credentials {
    return JSON.parse(readFileSync(join(this.data, 'credentials.json'), 'utf8')) as Credentials;
  }

  get url(): string {
    return this.credentials.server;
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

  /** An access token, asked for once. */
  async token(): Promise<string> {
    if (this.#token === undefined) {
      const { clientId, clientSecret, scope } = this.credentials;
      const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret, scope };
      const answer = await fetch(`${this.url}/connect/token`, { method: 'POST', body: new URLSearchParams(form) });
      this.#token = ((await answer.json()) as { access_token: string }).access_token;
    }
    return this.#token;
  }

  /** A call with a token. */
  async call(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${await this.token()}`);
    return fetch(this.url + path, { ...init, headers });
  }

  /** A call that answers JSON. */
  async json<T = Record<string, unknown>>(path: string, init: RequestInit = {}): Promise<T> {
    return (await (await this.call(path, init)).json()) as T;
  }

  /** Hands in a file and waits for its job to end. */
  async import(body: Buffer | string): Promise<Record<string, never>> {
    const headers = { 'content-type': 'application/octet-stream' };
    const { jobId } = await this.json<{ jobId: number }>('/insights/imports', {
      method: 'POST',
      body: body as string,
      headers,
    });
    await this.ended(jobId);
    return this.json(`/insights/job/${jobId}`);
  }

  /** The wire's status once the job has ended. */
  async ended(jobId: number | string): Promise<{ jobStatus: number; status: number; message: string }> {
    for (;;) {
      const headers = { prefer: 'wait=60' };
      const status = await this.json<{ jobStatus: number; status: number; message: string }>(
        `/insights/job/${jobId}/exportstatus`,
        { headers },
      );
      if (status.jobStatus !== 1) return status;
    }
  }

  async download(jobId: number | string): Promise<Buffer> {
    const answer = await this.call(`/insights/job/${jobId}/exportfile`);
    if (answer.status !== 200) throw new Error(`download answered ${answer.status}: ${await answer.text()}`);
    return Buffer.from(await answer.arrayBuffer());
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
