import { randomBytes, randomUUID } from 'node:crypto';
import { decodeProtectedHeader, type JWK } from 'jose';
import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider';
import { readWriteAll } from '../../domain/access.ts';
import type { Clock } from '../../kit/clock.ts';
import type { DatabaseSync } from '../../kit/sqlite.ts';
import type { Credentials } from '../storage/credentials.ts';
import type { Library } from './library.ts';

/**
 * The name under which the library sees a client that may not sign in: unknown, disabled or past its certificate's
 * end. It then goes the whole way of a wrong secret, and takes its time.
 */
export const nobodysId = randomUUID();

/** The library insists on a secret but never compares with it (see provider.ts); random, so that it opens nothing. */
const unusedSecret = randomBytes(32).toString('base64url');

/** What a used assertion is remembered for beyond its end: a day, so that a clock set back makes none good again. */
const rememberedSeconds = 86_400;

/** The library's storage: apps as clients, and the assertions that were used. It keeps nothing else here. */
export function adapterFor(library: Library, db: DatabaseSync, credentials: Credentials): AdapterFactory {
  const clients: Adapter = { ...keepsNothing, find: async (id) => clientFor(library, credentials, id) };
  const insert = db.prepare('INSERT INTO used_assertion (id, until_s) VALUES (?, ?) ON CONFLICT DO NOTHING');
  const assertions: Adapter = {
    ...keepsNothing,
    // The insert alone decides: between a look and a write another request, or process, could use the same assertion.
    find: async () => undefined,
    async upsert(id, _payload, expiresInSeconds = 0) {
      const { changes } = insert.run(id, Math.ceil(Date.now() / 1000) + expiresInSeconds);
      if (changes === 0) throw new library.errors.InvalidClientAuth();
    },
  };
  return (model) => (model === 'Client' ? clients : model === 'ReplayDetection' ? assertions : keepsNothing);
}

/** Forgets the assertions that ended more than a day ago. */
export function sweepAssertions(db: DatabaseSync, clock: Clock): void {
  db.prepare('DELETE FROM used_assertion WHERE until_s < ?').run(Math.floor(clock.now() / 1000) - rememberedSeconds);
}

function clientFor(library: Library, credentials: Credentials, id: string): AdapterPayload {
  const credential = credentials.find(id);
  const client = {
    client_id: credential?.app ?? nobodysId,
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
    scope: readWriteAll,
  };
  if (credential === null || credential.jwk === null) {
    // The library takes a secret from the body and from HTTP Basic alike when either is registered.
    return { ...client, token_endpoint_auth_method: 'client_secret_basic', client_secret: unusedSecret };
  }
  const keys = [answeringTo(assertedKid(library), credential.jwk)];
  return { ...client, token_endpoint_auth_method: 'private_key_jwt', jwks: { keys } };
}

/**
 * An app has one key, so it answers to whatever `kid` the assertion names: RFC 7515 §4.1.4 makes it a hint, and .NET
 * clients put the certificate's SHA-1 thumbprint there.
 */
function answeringTo(kid: string | undefined, jwk: JWK): JWK {
  return kid === undefined ? jwk : { ...jwk, kid };
}

function assertedKid(library: Library): string | undefined {
  const assertion = library.Provider.ctx?.oidc.params?.client_assertion;
  try {
    const { kid } = decodeProtectedHeader(assertion as string);
    return typeof kid === 'string' && kid !== '' ? kid : undefined;
  } catch {
    return undefined;
  }
}

const keepsNothing: Adapter = {
  find: async () => undefined,
  findByUid: async () => undefined,
  findByUserCode: async () => undefined,
  upsert: unasked,
  consume: unasked,
  destroy: unasked,
  revokeByGrantId: unasked,
};

async function unasked(): Promise<never> {
  throw new Error('the token endpoint keeps nothing of this kind');
}
