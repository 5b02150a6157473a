import { hash, type KeyObject } from 'node:crypto';
import { errors, type JWTPayload, jwtVerify } from 'jose';
import type { Caller } from '../../domain/access.ts';
import { Failure } from '../../domain/failure.ts';
import type { AppId, TenantId } from '../../domain/ids.ts';
import type { Clock } from '../../kit/clock.ts';
import type { Credentials } from '../storage/credentials.ts';
import type { KeyRing, Keys } from './keys.ts';

/** Two processes of one service may run on two machines, whose clocks differ by less than this. */
const toleranceSeconds = 5;
/** A remembered token costs about half a kilobyte, so all of them stay under 5 MB. */
const remembered = 10_000;
/** RFC 6750 §2.1, the scheme in any case (RFC 9110 §11.1). Tokens of this service have about 700 characters. */
const bearer = /^bearer +([A-Za-z0-9\-._~+/]{1,8192}=*)$/i;

/** The claims of a token whose signature was valid. `exp` in seconds since 1970. */
type Verified = {
  readonly kid: string;
  readonly exp: number;
  readonly app: AppId;
  readonly tenant: string;
  readonly scopes: readonly string[];
};

/** Checks the access tokens that this service issued (RFC 9068 §4). */
export class Bearer {
  readonly #issuer: string;
  readonly #clock: Clock;
  readonly #keys: Keys;
  readonly #credentials: Credentials;
  /** By the hash of the header, so that no token is kept in memory. Oldest first: those are removed when it is full. */
  readonly #verified = new Map<string, Verified>();

  constructor(issuer: string, clock: Clock, keys: Keys, credentials: Credentials) {
    this.#issuer = issuer;
    this.#clock = clock;
    this.#keys = keys;
    this.#credentials = credentials;
  }

  /** Who sent an Authorization header; throws `token_missing`, `token_invalid` (`facts.reason`) or `scope_missing`. */
  async authenticate(authorization: string | undefined, scope: string): Promise<Caller> {
    if (authorization === undefined) {
      throw new Failure('token_missing', 'The request has no Authorization header; send Authorization: Bearer TOKEN.');
    }
    const ring = await this.#keys.ring();
    const verified = this.#known(authorization, ring) ?? (await this.#verify(authorization, ring));
    return callerOf(verified, await this.#credentials.tenantOf(verified.app), scope);
  }

  /** Who sent a header whose token was valid before, without a promise; null when that is to be found out. */
  remembered(authorization: string | undefined, scope: string): Caller | null {
    const ring = this.#keys.remembered();
    if (authorization === undefined || ring === null) return null;
    const known = this.#known(authorization, ring);
    const tenant = known === null ? undefined : this.#credentials.rememberedTenantOf(known.app);
    return known === null || tenant === undefined ? null : callerOf(known, tenant, scope);
  }

  /** Removes the tokens that have expired. */
  sweep(): void {
    for (const [key, { exp }] of this.#verified) if (this.#isPast(exp)) this.#verified.delete(key);
  }

  /** A remembered signature saves most of the cost: 3 µs instead of 120. */
  #known(authorization: string, ring: KeyRing): Verified | null {
    const known = this.#verified.get(keyOf(authorization));
    if (known === undefined) return null;
    if (this.#isPast(known.exp)) throw invalid('expired');
    if (!ring.publicKeys.has(known.kid)) throw invalid('key');
    return known;
  }

  async #verify(authorization: string, ring: KeyRing): Promise<Verified> {
    const token = bearer.exec(authorization)?.[1];
    if (token === undefined) throw invalid('malformed');
    const verified = await this.#signed(token, ring.publicKeys);
    if (this.#verified.size >= remembered) this.#verified.delete(this.#verified.keys().next().value!);
    this.#verified.set(keyOf(authorization), verified);
    return verified;
  }

  async #signed(token: string, publicKeys: ReadonlyMap<string, KeyObject>): Promise<Verified> {
    try {
      const { payload, protectedHeader } = await jwtVerify(
        token,
        ({ kid }) => {
          const key = publicKeys.get(kid ?? '');
          if (key === undefined) throw invalid('key');
          return key;
        },
        {
          algorithms: ['RS256'],
          typ: 'at+jwt',
          issuer: this.#issuer,
          audience: this.#issuer,
          requiredClaims: ['exp', 'iat', 'jti'],
          clockTolerance: toleranceSeconds,
          currentDate: new Date(this.#clock.now()),
        },
      );
      return verifiedFrom(payload, protectedHeader.kid!, this.#issuer);
    } catch (error) {
      throw error instanceof Failure ? error : invalid(reasonFor(error), error);
    }
  }

  #isPast(exp: number): boolean {
    return exp + toleranceSeconds <= this.#clock.now() / 1000;
  }
}

/** `tenant` is the app's, asked at every call, so that a disabled app is refused, whatever tokens it has. */
function callerOf({ app, tenant: claimed, scopes }: Verified, tenant: TenantId | null, scope: string): Caller {
  if (tenant === null || tenant !== claimed) throw invalid('app');
  if (!scopes.includes(scope)) {
    throw new Failure('scope_missing', `The token lacks the scope ${scope}; ask for it at POST /connect/token.`, {
      facts: { scope },
    });
  }
  return { tenant, app, scopes };
}

function keyOf(authorization: string): string {
  return hash('sha256', authorization, 'base64');
}

function verifiedFrom(payload: JWTPayload, kid: string, issuer: string): Verified {
  const { exp, aud, client_id: app, tenant, scope = '' } = payload;
  if (aud !== issuer) throw invalid('audience');
  if (typeof app !== 'string' || typeof tenant !== 'string' || typeof scope !== 'string') throw invalid('claims');
  return { kid, exp: exp!, app: app as AppId, tenant, scopes: scope.split(' ').filter((name) => name !== '') };
}

const reasons = { aud: 'audience', iss: 'issuer', typ: 'type' } as const;

function reasonFor(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWTClaimValidationFailed) return reasons[error.claim as keyof typeof reasons] ?? 'claims';
  if (error instanceof errors.JOSEAlgNotAllowed) return 'algorithm';
  return error instanceof errors.JWSSignatureVerificationFailed ? 'signature' : 'malformed';
}

function invalid(reason: string, cause?: unknown): Failure {
  const sentence =
    reason === 'expired'
      ? 'The access token has expired; get a new one at POST /connect/token.'
      : `The access token was not accepted (${reason}); send Authorization: Bearer TOKEN with one from POST /connect/token.`;
  return new Failure('token_invalid', sentence, { cause, facts: { reason } });
}
