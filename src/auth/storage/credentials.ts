import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { JWK } from 'jose';
import type { AppId, TenantId } from '../../domain/ids.ts';
import type { Clock } from '../../kit/clock.ts';
import { Remembered } from '../../kit/sqlite/remembered.ts';
import type { DatabaseSync, StatementSync } from '../../kit/sqlite/sqlite.ts';
import { secretHashFor } from './apps.ts';

/** What signing in needs of an app that may sign in: it is enabled, and its certificate, if it has one, is valid. */
export type Credential = {
  readonly app: AppId;
  readonly tenant: TenantId;
  /** The public key that checks its assertions; null for an app with a secret. */
  readonly jwk: JWK | null;
  readonly acceptTokenEndpointAudience: boolean;
};

/** A secret is compared with this where no hash is stored: random bytes, of which no input is known. */
const noHash = randomBytes(32);

/** Apps whose tenant is remembered. */
const mostTenants = 10_000;

/** The apps as the token endpoint needs them. Read at every use, so that changes by other processes count at once. */
export class Credentials {
  readonly #clock: Clock;
  readonly #credential: StatementSync;
  readonly #hashes: StatementSync;
  readonly #tenant: StatementSync;
  readonly #tenants: Remembered<string, TenantId | null>;

  constructor(db: DatabaseSync, clock: Clock) {
    this.#clock = clock;
    this.#tenants = new Remembered(db, mostTenants);
    this.#credential = db.prepare(
      `SELECT id, tenant, certificate_jwk, token_endpoint_audience FROM app
       WHERE id = ? AND disabled_ms IS NULL AND coalesce(certificate_until_ms > ?, 1)`,
    );
    this.#hashes = db.prepare(
      `SELECT secret_hash, CASE WHEN previous_until_ms > ? THEN previous_hash END AS previous_hash FROM app
       WHERE id = ? AND disabled_ms IS NULL`,
    );
    this.#tenant = db.prepare('SELECT tenant FROM app WHERE id = ? AND disabled_ms IS NULL');
  }

  /** The app that may sign in under a client id; null for none. */
  find(id: string): Credential | null {
    const row = this.#credential.get(id, this.#clock.now());
    if (row === undefined) return null;
    return {
      app: row.id as AppId,
      tenant: row.tenant as TenantId,
      jwk: row.certificate_jwk === null ? null : (JSON.parse(row.certificate_jwk as string) as JWK),
      acceptTokenEndpointAudience: row.token_endpoint_audience === 1,
    };
  }

  /**
   * Whether a secret is one of the app's two. One hash and two comparisons in constant time whatever is stored, for
   * an unknown client too, so that the time shows neither which clients exist nor how much of a secret was right.
   */
  secretMatches(id: string, presented: string): boolean {
    const row = this.#hashes.get(this.#clock.now(), id);
    const offered = secretHashFor(presented);
    const isNewest = timingSafeEqual(offered, (row?.secret_hash as Uint8Array | null | undefined) ?? noHash);
    const isPrevious = timingSafeEqual(offered, (row?.previous_hash as Uint8Array | null | undefined) ?? noHash);
    return isNewest || isPrevious;
  }

  /** The tenant of an app that is there and not disabled; null otherwise. */
  tenantOf(id: string): TenantId | null {
    return this.#tenants.get(id, () => (this.#tenant.get(id)?.tenant as TenantId | undefined) ?? null);
  }
}
