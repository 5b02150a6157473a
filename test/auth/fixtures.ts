import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Auth, openAuth, type SignIn } from '../../src/auth/auth.ts';
import type { TenantId } from '../../src/domain/ids.ts';
import { type DatabaseSync, openSqlite } from '../../src/kit/sqlite/sqlite.ts';

export const tenant = 'contoso' as TenantId;

/** The service behind a real server and on a real file, with a clock that the test moves. */
export type Service = AsyncDisposable & {
  auth: Auth;
  db: DatabaseSync;
  /** Where the server listens; also the issuer, unless another was given. */
  readonly url: string;
  readonly issuer: string;
  readonly signIns: SignIn[];
  readonly errors: Error[];
  advance(ms: number): void;
  /** Closes the database and opens everything anew, as after a restart. */
  reopen(): Promise<void>;
  /** POSTs a form to the token endpoint. */
  post(form: Record<string, string | undefined>, headers?: Record<string, string>): Promise<Response>;
};

export async function openService(
  settings: { issuer?: string; tokenSeconds?: number; signingKeyMs?: number } = {},
): Promise<Service> {
  const directory = mkdtempSync(join(tmpdir(), 'trailport-auth-'));
  let offsetMs = 0;
  const clock = { now: () => Date.now() + offsetMs, monotonic: () => performance.now() };
  const server = createServer((request, response) => service.auth.handle(request, response));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const issuer = settings.issuer ?? url;
  const signIns: SignIn[] = [];
  const errors: Error[] = [];
  const open = async () => {
    const db = openSqlite(join(directory, 'auth.sqlite'), 1000);
    const auth = await openAuth(
      { kind: 'sqlite', db },
      {
        issuer,
        tokenSeconds: settings.tokenSeconds ?? 3600,
        signingKeyMs: settings.signingKeyMs ?? 3_650 * 86_400_000,
        clock,
        onSignIn: (signIn) => signIns.push(signIn),
        onError: (error) => errors.push(error),
      },
    );
    return { db, auth };
  };
  const service: Service = {
    ...(await open()),
    url,
    issuer,
    signIns,
    errors,
    advance(ms) {
      offsetMs += ms;
    },
    async reopen() {
      service.db.close();
      Object.assign(service, await open());
    },
    post(form, headers = {}) {
      const filled = Object.entries(form).filter((entry): entry is [string, string] => entry[1] !== undefined);
      return fetch(`${url}/connect/token`, { method: 'POST', body: new URLSearchParams(filled), headers });
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
      if (service.db.isOpen) service.db.close();
      rmSync(directory, { recursive: true });
    },
  };
  return service;
}

/** A new app with a secret, and a token of it. */
export async function signedIn(service: Service) {
  const { app, secret } = await service.auth.apps.add({ name: 'Compliance', tenant });
  const form = { grant_type: 'client_credentials', client_id: app.id, client_secret: secret! };
  const answer = (await (await service.post(form)).json()) as { access_token: string };
  return { app, secret: secret!, form, token: answer.access_token };
}

export function basic(id: string, secret: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` };
}
