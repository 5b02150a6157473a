import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { configFrom, type Limits } from '../../src/config.ts';
import { type Caller, readWriteAll } from '../../src/domain/access.ts';
import { Failure } from '../../src/domain/failure.ts';
import type { AppId, JobId, TenantId } from '../../src/domain/ids.ts';
import type { LookupAnswers, LookupName, LookupQuestions } from '../../src/domain/lookup.ts';
import { Downloads } from '../../src/download/download.ts';
import { Shelf } from '../../src/files/shelf.ts';
import { Spool } from '../../src/files/spool.ts';
import { openHttp } from '../../src/http/http.ts';
import { uncounted } from '../../src/http/parts.ts';
import { Desk } from '../../src/job/job.ts';
import { openJournal } from '../job/fixtures.ts';
import { type Bench, benchFor } from './service.ts';

type AskedLookup = {
  readonly name: LookupName;
  readonly tenant: TenantId;
  readonly question: LookupQuestions[LookupName];
  readonly signal: AbortSignal;
};

/** The answers of a store without activities, where a dry run counts seven. */
const emptyAnswers: LookupAnswers = {
  count: 7,
  page: { rows: [], next: null },
  summary: { rows: [], others: 0, total: 0 },
  overview: { sources: [] },
};

export type Service = AsyncDisposable & {
  readonly url: string;
  readonly bench: Bench;
  readonly logged: () => string;
  /** What was asked of the store. */
  readonly lookups: AskedLookup[];
  /** Sets what the store answers. */
  answerLookups(answer: (name: LookupName) => LookupAnswers[LookupName] | Promise<never>): void;
  /** How many polls are held. */
  readonly held: () => number;
  setReady(ready: boolean): void;
  close(): Promise<void>;
  /** A call as an app of the tenant `contoso`, unless the headers say otherwise. */
  call(path: string, init?: RequestInit): Promise<Response>;
  json(path: string, init?: RequestInit): Promise<{ status: number; headers: Headers; body: Record<string, unknown> }>;
  /** Bytes onto a socket, text back until the server ends it. */
  raw(text: string): Promise<string>;
};

/** Tokens that the stand-in for auth knows: `tenant:app`, and one without the scope. */
async function authenticate(authorization: string | undefined): Promise<Caller> {
  if (authorization === undefined) throw new Failure('token_missing', 'Send a token.');
  const [, tenant, app] = /^Bearer ([a-z]+):([a-z]+)$/.exec(authorization) ?? [];
  if (tenant === undefined || app === undefined) throw new Failure('token_invalid', 'Send a good token.');
  if (app === 'unscoped') throw new Failure('scope_missing', 'Ask for the scope.');
  const caller = { tenant: tenant as TenantId, app: app as AppId, scopes: [readWriteAll] };
  known.set(authorization, caller);
  return caller;
}

/** Who was authenticated before, by the header. */
const known = new Map<string, Caller>();

function handle(request: IncomingMessage, response: ServerResponse): void {
  let body = '';
  request.on('data', (chunk) => {
    body += chunk;
  });
  request.on('end', () => response.end(JSON.stringify({ method: request.method, body })));
}

/** The HTTP service on a free port, over a real desk, shelf and spool in a temporary directory. */
export async function openService(limits: Partial<Limits> = {}): Promise<Service> {
  const jobs = openJournal();
  const { directory, journal } = jobs;
  const defaults = configFrom({ data: directory }, {});
  const config = { ...defaults, limits: { ...defaults.limits, ...limits } };
  let aheadMs = 0;
  const clock = { now: () => Date.now() + aheadMs, monotonic: () => performance.now() };
  const desk = new Desk(journal, clock, config.limits);
  const follow = desk.follow.bind(desk);
  const traffic = uncounted();
  let held = 0;
  desk.follow = async (...of) => {
    held++;
    return follow(...of).finally(() => held--);
  };
  const shelf = await Shelf.open(join(directory, 'reports'));
  const spool = await Spool.open(join(directory, 'spool'));
  const lines: string[] = [];
  const sink = new Writable({ write: (line, _encoding, done) => done(void lines.push(String(line))) });
  const lookups: AskedLookup[] = [];
  let answerOf: Parameters<Service['answerLookups']>[0] = (name) => emptyAnswers[name];
  let ready = true;
  const app = await openHttp({
    auth: { authenticate, remembered: (header = '') => known.get(header) ?? null, handle, paths: ['/connect/token'] },
    desk,
    downloads: new Downloads(shelf),
    spool,
    config,
    log: pino({ level: 'debug' }, sink) as never,
    clock,
    traffic,
    health: async () => ({ ready, parts: { worker: ready ? 'ready' : 'starting' } }),
    lookUp: async (name, tenant, question, signal) => {
      lookups.push({ name, tenant, question, signal });
      return (await answerOf(name)) as never;
    },
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const call: Service['call'] = (path, init = {}) => {
    const headers = new Headers({ authorization: 'Bearer contoso:exporter' });
    for (const [name, value] of new Headers(init.headers)) headers.set(name, value);
    if (headers.get('authorization') === 'none') headers.delete('authorization');
    return fetch(url + path, { redirect: 'manual', ...init, headers });
  };
  const bench = benchFor(journal, desk, shelf, spool, directory, (ms) => {
    aheadMs += ms;
  });
  return {
    url,
    bench,
    lookups,
    answerLookups: (answer) => {
      answerOf = answer;
    },
    held: () => held,
    logged: () => lines.join(''),
    setReady: (value) => {
      ready = value;
    },
    close: () => app.close(),
    call,
    json: async (path, init) => {
      const answer = await call(path, init);
      const text = await answer.text();
      const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
      return { status: answer.status, headers: answer.headers, body };
    },
    raw: async (text) => {
      const socket = connect(port, '127.0.0.1');
      let answer = '';
      socket.setEncoding('utf8').on('data', (chunk) => {
        answer += chunk;
      });
      socket.write(text);
      await once(socket, 'close').catch(() => {});
      return answer;
    },
    [Symbol.asyncDispose]: async () => {
      await app.close();
      jobs[Symbol.dispose]();
    },
  };
}

export function jobIdOf(body: Record<string, unknown>): JobId {
  return Number(body.jobId) as JobId;
}
