import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type Programs, runCli } from '../../src/cli/cli.ts';

export type Answer = (request: IncomingMessage, response: ServerResponse, asked: number) => unknown;

/** A small HTTP service for answers that the real one never gives: broken, wrong or missing ones. */
export class TinyService implements AsyncDisposable {
  readonly requests: string[] = [];
  /** By `METHOD /path`. */
  readonly answers = new Map<string, Answer>();
  readonly #counts = new Map<string, number>();
  readonly #server = createServer((request, response) => this.#answer(request, response));

  static async start(): Promise<TinyService> {
    const service = new TinyService();
    service.#server.listen(0, '127.0.0.1');
    await once(service.#server, 'listening');
    service.answers.set('GET /.well-known/openid-configuration', (_, response) =>
      json(response, 200, { issuer: service.url, token_endpoint: `${service.url}/connect/token` }),
    );
    service.answers.set('POST /connect/token', (_, response, asked) =>
      json(response, 200, { access_token: `token-${asked}`, token_type: 'Bearer', expires_in: 3600 }),
    );
    return service;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** How often a call was made. */
  count(call: string): number {
    return this.#counts.get(call) ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const call = `${request.method} ${request.url?.split('?')[0]}`;
    const asked = this.count(call) + 1;
    this.#counts.set(call, asked);
    this.requests.push(`${request.method} ${request.url}`);
    const answer = this.answers.get(call);
    if (answer === undefined) json(response, 404, { status: 404, code: 'route_unknown', message: `No ${call}.` });
    else answer(request, response, asked);
  }
}

export function json(response: ServerResponse, status: number, document: unknown, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(document));
}

/** Answers for one finished export with a report of these bytes. */
export function serveReport(service: TinyService, bytes: Buffer, download: Answer): void {
  const job = { jobId: 7, type: 'export', state: 'finished', request: {}, failure: null, report: { rows: 3 } };
  service.answers.set('POST /insights/exports', (_, response) => json(response, 202, { ...job, state: 'waiting' }));
  service.answers.set('GET /insights/job/7/exportstatus', (_, response) => json(response, 200, { jobStatus: 2 }));
  service.answers.set('GET /insights/job/7', (_, response) => json(response, 200, job));
  service.answers.set('GET /insights/job/7/exportfile', (request, response, asked) => {
    response.setHeader('content-disposition', 'attachment; filename="activity-export-7.zip"');
    response.setHeader('etag', '"one"');
    response.setHeader('repr-digest', `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`);
    download(request, response, asked);
  });
}

export type Ran = { readonly status: number; readonly out: string; readonly err: string };

export type RunOptions = {
  readonly env?: NodeJS.ProcessEnv;
  readonly stdin?: string;
  readonly isTerminal?: boolean;
  /** The width of the terminal; none by default. */
  readonly columns?: number;
  readonly signal?: AbortSignal;
  readonly programs?: Programs;
};

const notHere = () => Promise.reject(new Error('not here'));
/** Programs that this process does not have. */
export const noPrograms: Programs = { serve: notHere, backUp: notHere, inspect: notHere, restore: notHere };

/** Runs a command line in this process and returns what it printed. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { env = {}, stdin = '', isTerminal = false, signal = new AbortController().signal } = options;
  const { columns } = options;
  const stdout = Object.assign(new PassThrough(), columns === undefined ? {} : { columns });
  const stderr = new PassThrough();
  const said = Promise.all([text(stdout), text(stderr)]);
  const programs = options.programs ?? noPrograms;
  const input = (async function* () {
    yield Buffer.from(stdin);
  })();
  const status = await runCli(argv, { env, stdin: input, stdout, stderr, isTerminal, signal }, programs);
  stdout.end();
  stderr.end();
  const [out, err] = await said;
  return { status, out, err };
}

export function environmentOf(service: TinyService): NodeJS.ProcessEnv {
  return { TRAILPORT_SERVER: service.url, TRAILPORT_CLIENT_ID: 'app', TRAILPORT_CLIENT_SECRET: 'a secret' };
}

/** A directory that is removed at the end of the block. */
export function temporary(): Disposable & { readonly path: string; file(name: string): string } {
  const path = mkdtempSync(join(tmpdir(), 'trailport-cli-'));
  return {
    path,
    file: (name) => join(path, name),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}
