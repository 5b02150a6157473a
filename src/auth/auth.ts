import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller } from '../domain/access.ts';
import type { Clock } from '../kit/clock.ts';
import type { Database } from '../kit/database.ts';
import { Apps } from './storage/apps.ts';
import { Credentials } from './storage/credentials.ts';
import { openAuthStorage } from './storage/open.ts';
import { Bearer } from './token/bearer.ts';
import { adapterFor, sweepAssertions } from './token/clients.ts';
import { endpointOver, handlerOf, type SignIn } from './token/endpoint.ts';
import { type KeyRing, Keys } from './token/keys.ts';
import { loadLibrary } from './token/library.ts';
import { addresses, providerFor } from './token/provider.ts';

export { checkKeys } from './check.ts';
export { type App, type AppCredential, type Apps, type NewApp, openApps, previousSecretMs } from './storage/apps.ts';
export type { SignIn } from './token/endpoint.ts';

export type AuthSettings = {
  /** The address clients know the service by, without trailing slash: issuer and audience of its tokens. */
  readonly issuer: string;
  /** How long an access token is good. */
  readonly tokenSeconds: number;
  /** How long a key signs before a new one does; left out, keys are replaced by `rotateKeys` alone. */
  readonly signingKeyMs?: number;
  readonly clock: Clock;
  /** Called with what went wrong inside the token endpoint, which answered `server_error`. Holds no secrets. */
  readonly onError?: (error: Error) => void;
  /** Called for every request for a token, good or bad, for the audit. */
  readonly onSignIn?: (signIn: SignIn) => void;
};

/** Tells who is calling and whether they may. */
export type Auth = {
  readonly apps: Apps;
  /**
   * Who sent an Authorization header, if it holds a token of this service with the scope. Throws `token_missing`, `token_invalid`
   * (`facts.reason` says why) or `scope_missing`. An app that was disabled is refused
   * within a second, here at once.
   */
  authenticate(authorization: string | undefined, scope: string): Promise<Caller>;
  /** The same at once for a header that was authenticated before; null for another. */
  remembered(authorization: string | undefined, scope: string): Caller | null;
  /** Answers requests for `paths`. It reads the body itself: hand it the request before anybody has. */
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** What `handle` serves: the token endpoint, discovery and its keys. */
  readonly paths: readonly string[];
  /** Signs with a new key from now on; tokens already given stay good until they expire. */
  rotateKeys(): Promise<void>;
  /**
   * Removes what has expired (used assertions, retired keys, remembered tokens) and makes a new signing key when one is
   * due. To be called about once a minute.
   */
  sweep(): Promise<void>;
};

/** Opens access control on a database; makes its tables and its first signing key where they are missing. */
export async function openAuth(database: Database, settings: AuthSettings): Promise<Auth> {
  const { issuer, tokenSeconds, clock, signingKeyMs = Number.POSITIVE_INFINITY } = settings;
  const { onError = () => {}, onSignIn = () => {} } = settings;
  const storage = await openAuthStorage(database);
  const library = await loadLibrary();
  const keys = await Keys.open(storage, clock, tokenSeconds);
  const credentials = new Credentials(storage, clock);
  const adapter = await adapterFor(library, storage, credentials);
  const bearer = new Bearer(issuer, clock, keys, credentials);
  await keys.rotateIfOlderThan(signingKeyMs);
  // The library takes its keys when it is made: other keys, whichever process made them, need another provider.
  const handlerFor = (ring: KeyRing) =>
    handlerOf(providerFor({ library, issuer, tokenSeconds, ring, adapter, credentials }), credentials, {
      onError,
      onSignIn,
    });
  const first = await keys.ring();
  let made = { ring: first, handler: handlerFor(first) };
  const current = async () => {
    const ring = await keys.ring();
    if (made.ring !== ring) made = { ring, handler: handlerFor(ring) };
    return made.handler;
  };
  return {
    apps: new Apps(storage, clock),
    authenticate: (authorization, scope) => bearer.authenticate(authorization, scope),
    remembered: (authorization, scope) => bearer.remembered(authorization, scope),
    handle: endpointOver(current, onError),
    paths: Object.values(addresses),
    rotateKeys: () => keys.rotate(),
    async sweep() {
      await sweepAssertions(storage, clock);
      await keys.sweep();
      bearer.sweep();
      await keys.rotateIfOlderThan(signingKeyMs);
    },
  };
}
