import type Provider from 'oidc-provider';
import type { AdapterFactory, Configuration, KoaContextWithOIDC } from 'oidc-provider';
import { readWriteAll } from '../../domain/access.ts';
import type { Credentials } from '../storage/credentials.ts';
import type { KeyRing } from './keys.ts';
import type { Library } from './library.ts';

/** The addresses of the API. */
export const addresses = {
  token: '/connect/token',
  discovery: '/.well-known/openid-configuration',
  jwks: '/.well-known/openid-configuration/jwks',
} as const;

/** Assertions are made by other machines, whose clocks differ from ours. */
const clientClockSeconds = 30;
/** Published sample clients sign for 5 minutes, Microsoft's libraries for 10. */
const assertionSeconds = 600;

export type ProviderParts = {
  readonly library: Library;
  readonly issuer: string;
  readonly tokenSeconds: number;
  readonly ring: KeyRing;
  readonly adapter: AdapterFactory;
  readonly credentials: Credentials;
};

/** The library, set up for one grant (client credentials), one scope and one audience: this service. */
export function providerFor(parts: ProviderParts): Provider {
  const provider = new parts.library.Provider(parts.issuer, configurationFor(parts));
  compareByHash(provider, parts.credentials);
  expectAudience(provider, parts);
  // The library takes addresses from the Host header, which the client writes, and which a proxy may change.
  provider.OIDCContext.prototype.urlFor = (name, options) => provider.urlFor(name, options);
  provider.use(async (ctx, next) => {
    await next();
    if (ctx.path === addresses.discovery && ctx.status === 200) ctx.body = supportedIn(ctx.body);
  });
  return provider;
}

function configurationFor({ library, issuer, tokenSeconds, ring, adapter, credentials }: ProviderParts): Configuration {
  const { errors } = library;
  const off = { enabled: false } as const;
  return {
    adapter,
    jwks: { keys: ring.privateJwks as NonNullable<Configuration['jwks']>['keys'] },
    routes: { token: addresses.token, jwks: addresses.jwks },
    scopes: [readWriteAll],
    claims: {},
    responseTypes: [],
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    enabledJWA: { clientAuthSigningAlgValues: ['RS256', 'PS256', 'ES256'] },
    clockTolerance: clientClockSeconds,
    ttl: { ClientCredentials: tokenSeconds },
    // No cookies are used: only a client that sent the app's secret can read an answer.
    clientBasedCORS: () => true,
    extraTokenClaims: async (_ctx, token) => ({
      tenant: (await credentials.tenantOf(token.clientId ?? '')) ?? undefined,
    }),
    assertJwtClientAuthClaimsAndHeader(_ctx, claims) {
      const left = (claims.exp as number) - Date.now() / 1000;
      const isOurs = typeof claims.aud === 'string' || (claims.aud as string[]).length === 1;
      if (!isOurs || left > assertionSeconds + clientClockSeconds) throw new errors.InvalidClientAuth();
    },
    // RFC 6749 §5.2 knows JSON only; the library would answer a browser with a page.
    renderError(ctx, out) {
      ctx.type = 'json';
      ctx.body = out;
    },
    features: {
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => issuer,
        getResourceServerInfo(ctx, resource) {
          if (resource !== issuer) throw new errors.InvalidTarget();
          ctx.oidc.params!.scope = scopeFor(library, ctx.oidc.params?.scope);
          const sign = { alg: 'RS256', kid: ring.signingKid } as const;
          return { scope: readWriteAll, audience: issuer, accessTokenFormat: 'jwt', jwt: { sign } };
        },
      },
      devInteractions: off,
      dPoP: off,
      pushedAuthorizationRequests: off,
      rpInitiatedLogout: off,
      userinfo: off,
    },
  };
}

/** RFC 6749 §3.3: without a scope it is the one that exists. Any other is refused; the library would leave it out. */
function scopeFor({ errors }: Library, asked: unknown): string {
  const scopes = typeof asked === 'string' ? asked.split(' ') : [readWriteAll];
  if (!scopes.every((scope) => scope === readWriteAll)) {
    throw new errors.InvalidScope(`the only scope is ${readWriteAll}`, asked as string);
  }
  return readWriteAll;
}

/** Overriding the prototype is the library's way to compare with hashes (its discussion 1410). */
function compareByHash(provider: Provider, credentials: Credentials): void {
  provider.Client.prototype.compareClientSecret = function compare(presented) {
    return credentials.secretMatches(this.clientId, presented);
  };
}

/** The issuer, and for apps that allow it the token endpoint, which OpenID Connect Core once recommended. */
function expectAudience(provider: Provider, { issuer, credentials }: ProviderParts): void {
  provider.OIDCContext.prototype.clientJwtAuthExpectedAudience = function expected() {
    const switched = credentials.foundFor.get(this)?.acceptTokenEndpointAudience === true;
    return new Set(switched ? [issuer, provider.urlFor('token')] : [issuer]);
  };
}

/**
 * The part of the library's discovery document that is supported here. `response_types_supported` (empty),
 * `subject_types_supported` and `id_token_signing_alg_values_supported` are required by OpenID Connect Discovery §3,
 * and strict readers look.
 */
function supportedIn(document: KoaContextWithOIDC['body']): Record<string, unknown> {
  const whole = document as Record<string, unknown>;
  const names = [
    'issuer',
    'token_endpoint',
    'jwks_uri',
    'grant_types_supported',
    'token_endpoint_auth_methods_supported',
    'token_endpoint_auth_signing_alg_values_supported',
    'response_types_supported',
    'subject_types_supported',
    'id_token_signing_alg_values_supported',
  ];
  const kept = Object.fromEntries(names.map((name) => [name, whole[name]]));
  return { ...kept, scopes_supported: [readWriteAll] };
}
