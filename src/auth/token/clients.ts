import { generateKeyPair, randomBytes, randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { decodeProtectedHeader, type JWK } from 'jose';
import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider';
import { readWriteAll } from '../../domain/access.ts';
import type { Clock } from '../../kit/clock.ts';
import type { Credential, Credentials } from '../storage/credentials.ts';
import type { AuthStorage } from '../storage/storage.ts';
import type { Library } from './library.ts';

/** The client id that stands in for one that cannot be ours: ours are UUIDs. */
const unknownClientId = randomUUID();

/** The library requires a secret but never compares with it (see provider.ts). Random, so that nobody knows it. */
const unusedSecret = randomBytes(32).toString('base64url');

/** How long a used assertion is remembered after its end: a day, so that a clock set back makes none valid again. */
const rememberedSeconds = 86_400;

/** The library's storage: apps as clients, and the assertions that were used. Nothing else is kept. */
export async function adapterFor(
  library: Library,
  storage: AuthStorage,
  credentials: Credentials,
): Promise<AdapterFactory> {
  const unused = await unusedKeys();
  const find = async (id: string) => {
    const credential = await credentials.find(id);
    const request = library.Provider.ctx?.oidc;
    if (request !== undefined) credentials.foundFor.set(request, credential);
    return clientFor(library, credential, unused, id);
  };
  const clients: Adapter = { ...keepsNothing, find };
  const assertions: Adapter = {
    ...keepsNothing,
    // Noting it alone decides: between a look and a note another request or process could use the same assertion.
    find: async () => undefined,
    async upsert(id, _payload, expiresInSeconds = 0) {
      const isNew = await storage.useAssertion(id, Math.ceil(Date.now() / 1000) + expiresInSeconds);
      if (!isNew) throw new library.errors.InvalidClientAuth();
    },
  };
  return (model) => (model === 'Client' ? clients : model === 'ReplayDetection' ? assertions : keepsNothing);
}

/** Removes the assertions that ended more than a day ago. */
export async function sweepAssertions(storage: AuthStorage, clock: Clock): Promise<void> {
  await storage.removeAssertions(Math.floor(clock.now() / 1000) - rememberedSeconds);
}

/** Public keys whose private keys were thrown away, by key type. */
type UnusedKeys = Readonly<Record<'RSA' | 'EC', JWK>>;

/**
 * A client for every id, so that one that may not sign in (unknown, disabled, past its certificate's end) costs the
 * same work as a wrong secret or signature: every secret is compared with hashes, and the signature of every assertion
 * is checked, with an unused key if the app has no key of that type.
 */
function clientFor(library: Library, credential: Credential | null, unused: UnusedKeys, id: string): AdapterPayload {
  const client = {
    client_id: /^[0-9a-f-]{36}$/.test(id) ? id : unknownClientId,
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
    scope: readWriteAll,
  };
  const asserted = assertedHeader(library);
  if (asserted === null) {
    // The library takes a secret from the body and from HTTP Basic alike when either is registered.
    return { ...client, token_endpoint_auth_method: 'client_secret_basic', client_secret: unusedSecret };
  }
  const type = asserted.alg?.startsWith('ES') ? 'EC' : 'RSA';
  const jwk = credential?.jwk?.kty === type ? credential.jwk : unused[type];
  const keys = [answeringTo(asserted.kid, jwk)];
  return { ...client, token_endpoint_auth_method: 'private_key_jwt', jwks: { keys } };
}

async function unusedKeys(): Promise<UnusedKeys> {
  const generate = promisify(generateKeyPair);
  const [rsa, ec] = await Promise.all([
    generate('rsa', { modulusLength: 2048 }),
    generate('ec', { namedCurve: 'P-256' }),
  ]);
  return {
    RSA: rsa.publicKey.export({ format: 'jwk' }) as JWK,
    EC: ec.publicKey.export({ format: 'jwk' }) as JWK,
  };
}

/**
 * An app has one key, so it answers to whatever `kid` the assertion names: RFC 7515 §4.1.4 makes it a hint, and .NET
 * clients put the certificate's SHA-1 thumbprint there.
 */
function answeringTo(kid: string | undefined, jwk: JWK): JWK {
  return kid === undefined ? jwk : { ...jwk, kid };
}

/** The header of the assertion that the request presents; null for a request without one. */
function assertedHeader(library: Library): { readonly alg?: string; readonly kid?: string } | null {
  const assertion = library.Provider.ctx?.oidc.params?.client_assertion;
  if (typeof assertion !== 'string') return null;
  try {
    const { alg, kid } = decodeProtectedHeader(assertion);
    return {
      ...(typeof alg === 'string' ? { alg } : {}),
      ...(typeof kid === 'string' && kid !== '' ? { kid } : {}),
    };
  } catch {
    return {};
  }
}

const keepsNothing: Adapter = {
  find: async () => undefined,
  findByUid: async () => undefined,
  findByUserCode: async () => undefined,
  upsert: unsupported,
  consume: unsupported,
  destroy: unsupported,
  revokeByGrantId: unsupported,
};

async function unsupported(): Promise<never> {
  throw new Error('the token endpoint keeps nothing of this kind');
}
