import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../src/kit/port.ts';

const root = join(import.meta.dirname, '../..');
/** The name of the cluster that the servers of `startShards` make. */
export const clusterName = 'shards';

type Ports = { readonly http: number; readonly tcp: number };

/** A ClickHouse server of its own on free ports, in a temporary directory that is gone when it is disposed of. */
export class TestClickHouse implements AsyncDisposable {
  readonly #directory: string;
  readonly #ports: Ports;
  #process: ChildProcess | null = null;

  private constructor(directory: string, ports: Ports) {
    this.#directory = directory;
    this.#ports = ports;
  }

  static async start(): Promise<TestClickHouse> {
    const [server] = await TestClickHouse.startShards(1);
    return server!;
  }

  /** Servers that know each other as the shards of a cluster. */
  static async startShards(count: number): Promise<TestClickHouse[]> {
    const host = '127.0.0.1';
    const ports: Ports[] = [];
    for (let i = 0; i < count; i++) ports.push({ http: await freePort(host), tcp: await freePort(host) });
    const shards = ports.map(({ tcp }) => `<shard><replica><host>${host}</host><port>${tcp}</port></replica></shard>`);
    const servers = ports.map((own) => {
      const directory = mkdtempSync(join(tmpdir(), 'trailport-clickhouse-'));
      mkdirSync(join(directory, 'data'));
      writeFileSync(
        join(directory, 'config.xml'),
        `<clickhouse>
          <remote_servers><${clusterName}>${shards.join('')}</${clusterName}></remote_servers>
          <logger><level>none</level></logger>
        </clickhouse>`,
      );
      return new TestClickHouse(directory, own);
    });
    try {
      await Promise.all(servers.map((server) => server.resume()));
      return servers;
    } catch (error) {
      for (const server of servers) await server[Symbol.asyncDispose]();
      throw error;
    }
  }

  get url(): string {
    return `http://127.0.0.1:${this.#ports.http}`;
  }

  /** The process, for signals; null while it is stopped. */
  get pid(): number | null {
    return this.#process?.pid ?? null;
  }

  /** `kill -9`: what runs is lost, what was acknowledged is on disk. */
  async stop(): Promise<void> {
    const process = this.#process;
    this.#process = null;
    if (process === null || process.exitCode !== null || process.signalCode !== null) return;
    process.kill('SIGKILL');
    await once(process, 'exit');
  }

  /** Starts it again, on the same ports and with the same data. */
  async resume(): Promise<void> {
    if (this.#process !== null) return;
    const [library] = globSync('node_modules/@chdb/lib-*/libchdb.so', { cwd: root });
    const data = join(this.#directory, 'data');
    const { http, tcp } = this.#ports;
    const started = spawn(
      process.execPath,
      [
        '--experimental-ffi',
        '--no-warnings',
        join(import.meta.dirname, 'process.ts'),
        join(root, library!),
        data,
        join(this.#directory, 'config.xml'),
        String(http),
        String(tcp),
      ],
      { stdio: ['ignore', 'ignore', 'pipe'], cwd: this.#directory },
    );
    this.#process = started;
    let said = '';
    started.stderr!.on('data', (text) => {
      said = `${said}${text}`.slice(-4000);
    });
    while (!(await this.#answers())) {
      if (started.exitCode !== null) throw new Error(`The ClickHouse server ended: ${said}`);
      await delay(20);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #answers(): Promise<boolean> {
    try {
      return (await fetch(`${this.url}/?query=SELECT+1`)).ok;
    } catch {
      return false;
    }
  }
}
