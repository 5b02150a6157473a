import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as client from 'openid-client';
import { openApps } from '../../src/auth/auth.ts';
import { placesIn } from '../../src/config.ts';
import { readWriteAll } from '../../src/domain/access.ts';
import type { JobKey, TenantId } from '../../src/domain/ids.ts';
import type { JobFailure, Progress } from '../../src/domain/job.ts';
import type { Journal, Lease } from '../../src/job/journal/journal.ts';
import { SqliteJournal } from '../../src/job/journal/sqlite/journal.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { type DatabaseSync, openSqlite } from '../../src/kit/sqlite/sqlite.ts';
import { claim } from '../job/fixtures.ts';
import { Program } from '../story/program.ts';

type Pattern = string | number | boolean | null | RegExp | { readonly [member: string]: Pattern };

/** One line of the wire: what is asked, and what must come back. `{name}` stands for a job of that name. */
export type Case = {
  readonly line: string;
  readonly request: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly expected: {
    readonly status: number;
    /** Null: must not be there. */
    readonly headers?: Readonly<Record<string, string | RegExp | null>>;
    /** The JSON body: these members and no others. */
    readonly json?: Readonly<Record<string, Pattern>>;
    /** The envelope of errors with this code. */
    readonly code?: string;
  };
};

/** The started program, as two tenants see it. */
export class Wire implements AsyncDisposable {
  readonly program: Program;
  readonly jobs: Record<string, string> = {};
  readonly #db: DatabaseSync;
  readonly #journal: Journal;
  readonly #tokens: Record<'ours' | 'theirs', string>;

  private constructor(program: Program, db: DatabaseSync, tokens: Record<'ours' | 'theirs', string>) {
    this.program = program;
    this.#db = db;
    this.#journal = new SqliteJournal(db);
    this.#tokens = tokens;
  }

  static async open(env: NodeJS.ProcessEnv = {}): Promise<Wire> {
    const program = await Program.start({ env });
    const { clientId, clientSecret } = program.credentials;
    const db = openSqlite(placesIn(program.data).database, 10_000);
    // Numbers count for each tenant by itself; theirs begin high, so that none of them is also one of ours.
    db.exec("INSERT INTO job_counter (tenant, last) VALUES ('fabrikam', 700000)");
    const other = await (await openApps({ kind: 'sqlite', db }, systemClock)).add({
      name: 'Another',
      tenant: 'fabrikam' as TenantId,
    });
    const ours = await tokenBySecret(program.url, clientId, clientSecret);
    return new Wire(program, db, { ours, theirs: await tokenBySecret(program.url, other.app.id, other.secret ?? '') });
  }

  get database(): DatabaseSync {
    return this.#db;
  }

  /** A call with a token; `authorization: none` sends none, `theirs` that of the other tenant. */
  call(request: string, headers: Readonly<Record<string, string>> = {}, body?: string): Promise<Response> {
    const [method = '', path = ''] = this.filled(request).split(' ');
    const sent = new Headers(headers);
    const whose = sent.get('authorization') ?? 'ours';
    if (whose === 'ours' || whose === 'theirs') sent.set('authorization', `Bearer ${this.#tokens[whose]}`);
    if (whose === 'none') sent.delete('authorization');
    return fetch(this.program.url + path, {
      method,
      headers: sent,
      redirect: 'manual',
      ...(body === undefined ? {} : { body }),
    });
  }

  /** `{name}` becomes that job's id. */
  filled(text: string): string {
    return text.replace(/\{([a-z]+)\}/g, (_, name: string) => this.jobs[name] ?? assert.fail(`no job ${name}`));
  }

  /** Starts an export under a name. */
  async start(name: string, path: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
    const answer = await this.call(`GET ${path}`, headers);
    const { jobId } = (await answer.json()) as { jobId: string };
    this.jobs[name] = jobId;
    return jobId;
  }

  /** As another worker would: takes up the export that waited longest. */
  async claim(name: string): Promise<Lease> {
    const job = await claim(this.#journal, { holder: 'the contract test', perTenant: 1000, nowMs: Date.now() });
    assert.equal(String(job?.id), this.jobs[name]);
    return { key: job?.key as JobKey, fence: job?.fence ?? 0 };
  }

  async beat(lease: Lease, progress: Progress): Promise<void> {
    assert.ok(await this.#journal.beat(lease, progress));
  }

  async fail(lease: Lease, failure: JobFailure): Promise<void> {
    assert.ok(await this.#journal.fail(lease, failure, Date.now()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.program.releaseWorker();
    this.#db.close();
    await this.program.remove();
  }
}

/** Asks for a token with a client secret, through OAuth discovery at the API's own host. */
export async function tokenBySecret(server: string, id: string, secret: string): Promise<string> {
  const options = { execute: [client.allowInsecureRequests] };
  const found = await client.discovery(new URL(server), id, secret, undefined, options);
  const { access_token } = await client.clientCredentialsGrant(found, { scope: readWriteAll });
  return access_token;
}

/** Makes each case of a table a test. */
export function cases(section: string, wire: () => Wire, table: readonly Case[]): void {
  for (const { line, request, headers = {}, body, expected } of table) {
    test(`${section} ${line} | ${request.slice(0, 120)}`, async () => {
      const answer = await wire().call(request, headers, body);
      const text = await answer.text();
      const shown = `${answer.status} ${text.slice(0, 300)}`;
      assert.equal(answer.status, expected.status, shown);
      assert.match(answer.headers.get('x-request-id') ?? '', /^[A-Za-z0-9._-]{1,64}$/);
      for (const [name, value] of Object.entries(expected.headers ?? {})) {
        const wanted = typeof value === 'string' ? wire().filled(value) : value;
        assertLike(answer.headers.get(name), wanted, name);
      }
      if (expected.json !== undefined) assertLike(JSON.parse(text), expected.json, shown);
      if (expected.code !== undefined) assertEnvelope(answer, text, expected.code);
    });
  }
}

function assertLike(actual: unknown, wanted: Pattern, where: string): void {
  if (wanted instanceof RegExp) {
    assert.equal(typeof actual, 'string', where);
    assert.match(String(actual), wanted, where);
  } else if (wanted !== null && typeof wanted === 'object') {
    assert.deepEqual(Object.keys(actual as object).sort(), Object.keys(wanted).sort(), where);
    for (const [name, value] of Object.entries(wanted))
      assertLike((actual as Record<string, unknown>)[name], value, name);
  } else {
    assert.deepEqual(actual, wanted, where);
  }
}

/** Wire 1.5, every member. HEAD has no body to look at. */
function assertEnvelope(answer: Response, text: string, code: string): void {
  assert.match(answer.headers.get('content-type') ?? '', /^application\/(problem\+)?json$/);
  if (text === '') return;
  const problem = JSON.parse(text) as Record<string, unknown>;
  assert.deepEqual(Object.keys(problem), ['status', 'message', 'type', 'title', 'code', 'requestId']);
  assert.equal(problem.status, answer.status);
  assert.equal(problem.code, code);
  assert.equal(problem.requestId, answer.headers.get('x-request-id'));
  assert.match(String(problem.message), /^[A-Z/a-z].{10,}\.$/);
}
