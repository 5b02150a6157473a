import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openApps } from '../../src/auth/auth.ts';
import { readWriteAll } from '../../src/domain/access.ts';
import type { TenantId } from '../../src/domain/ids.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { openDatabase } from '../../src/kit/database.ts';
import { TestBucket } from '../bucket.ts';
import { TestClickHouse } from '../clickhouse/server.ts';
import { TestPostgres } from '../postgres.ts';
import { type Access, Client } from './client.ts';
import { Program } from './program.ts';

export type Role = 'http' | 'worker';

/**
 * Processes that answer HTTP and processes that work, each with a data directory of its own as on a machine of its own, on
 * PostgreSQL, a ClickHouse server and object storage.
 */
export class Cluster implements AsyncDisposable {
  readonly postgres: TestPostgres;
  readonly clickhouse: TestClickHouse;
  readonly bucket: TestBucket;
  readonly databaseUrl: string;
  readonly #root: string;
  readonly #env: NodeJS.ProcessEnv;
  /** By the name of their machine, such as `http-0`. */
  readonly programs = new Map<string, Program>();

  private constructor(
    servers: readonly [TestPostgres, TestClickHouse, TestBucket],
    root: string,
    databaseUrl: string,
    env: NodeJS.ProcessEnv,
  ) {
    [this.postgres, this.clickhouse, this.bucket] = servers;
    this.#root = root;
    this.databaseUrl = databaseUrl;
    this.#env = {
      ...this.bucket.env,
      TRAILPORT_DATABASE_URL: databaseUrl,
      TRAILPORT_CLICKHOUSE_URL: this.clickhouse.url,
      TRAILPORT_PUBLIC_URL: 'https://trailport.example.org',
      ...env,
    };
  }

  static async start(numbers: Readonly<Record<Role, number>>, env: NodeJS.ProcessEnv): Promise<Cluster> {
    const root = mkdtempSync(join(tmpdir(), 'trailport-'));
    const servers = await Promise.all([
      TestPostgres.start(),
      TestClickHouse.start(),
      TestBucket.start(join(root, 'bucket')),
    ]);
    const cluster = new Cluster(servers, root, await servers[0].database('cluster'), env);
    const names = (Object.keys(numbers) as Role[]).flatMap((role) =>
      Array.from({ length: numbers[role] }, (_, i) => `${role}-${i}`),
    );
    await Promise.all(names.map((name) => cluster.startProgram(name)));
    return cluster;
  }

  /** Starts the process of a machine, for the first time or again. */
  async startProgram(name: string): Promise<Program> {
    const role = name.replace(/-.*/, '') as Role;
    const until = role === 'http' ? 'server_ready' : 'worker_ready';
    const data = join(this.#root, name);
    const program = await Program.start({ data, env: this.#env, until, args: ['--role', role] });
    this.programs.set(name, program);
    return program;
  }

  of(role: Role): Program[] {
    return [...this.programs].filter(([name]) => name.startsWith(role)).map(([, program]) => program);
  }

  /** An app of a tenant, whose tokens are good at every process. */
  async appOf(tenant: string): Promise<Omit<Access, 'server'>> {
    await using database = openDatabase(this.databaseUrl, '', 0);
    const { app, secret } = await (await openApps(database, systemClock)).add({
      name: tenant,
      tenant: tenant as TenantId,
    });
    return { clientId: app.id, clientSecret: secret ?? '', scope: readWriteAll };
  }

  /** A client of the process of one machine. */
  async clientAt(name: string, app: Omit<Access, 'server'>): Promise<Client> {
    const program = this.programs.get(name)!;
    const { port } = await program.logged(({ event }) => event === 'server_ready');
    const access: Access = { ...app, server: `http://127.0.0.1:${port}` };
    return new (class extends Client {
      readonly access = access;
    })();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.programs.values()].map((program) => program.stop()));
    await this.bucket[Symbol.asyncDispose]();
    await this.clickhouse[Symbol.asyncDispose]();
    await this.postgres[Symbol.asyncDispose]();
    rmSync(this.#root, { recursive: true, force: true });
  }
}
