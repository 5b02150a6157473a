import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { JWK } from 'jose';
import type { AppId, TenantId } from '../../domain/ids.ts';
import type { Clock } from '../../kit/clock.ts';
import { secretHashFor } from './apps.ts';
import type { AuthStorage, StoredApp } from './storage.ts';

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

/** The apps as the token endpoint needs them: changes by other processes count within a second, own ones at once. */
export class Credentials {
  /** What was found for a request of the token endpoint, for code that cannot wait. */
  readonly foundFor = new WeakMap<object, Credential | null>();
  readonly #storage: AuthStorage;
  readonly #clock: Clock;

  constructor(storage: AuthStorage, clock: Clock) {
    this.#storage = storage;
    this.#clock = clock;
  }

  /** The app that may sign in under a client id; null for none. */
  async find(id: string): Promise<Credential | null> {
    const app = await this.#storage.findApp(id);
    if (app === null || app.disabledAtMs !== null) return null;
    const { certificate } = app;
    if (certificate !== null && certificate.untilMs <= this.#clock.now()) return null;
    return {
      app: app.id,
      tenant: app.tenant,
      jwk: certificate === null ? null : (JSON.parse(certificate.jwk) as JWK),
      acceptTokenEndpointAudience: app.acceptTokenEndpointAudience,
    };
  }

  /**
   * Whether a secret is one of the app's two. One hash and two comparisons in constant time whatever is stored, for
   * an unknown client too, so that the time shows neither which clients exist nor how much of a secret was right.
   */
  async secretMatches(id: string, presented: string): Promise<boolean> {
    const found = await this.#storage.findApp(id);
    const app = found?.disabledAtMs === null ? found : null;
    const hasPrevious = (app?.previousUntilMs ?? 0) > this.#clock.now();
    const offered = secretHashFor(presented);
    const isNewest = timingSafeEqual(offered, app?.secretHash ?? noHash);
    const isPrevious = timingSafeEqual(offered, (hasPrevious ? app?.previousHash : null) ?? noHash);
    return isNewest || isPrevious;
  }

  /** The tenant of an app that is there and not disabled; null otherwise. */
  async tenantOf(id: string): Promise<TenantId | null> {
    return tenantIn(await this.#storage.findApp(id));
  }

  /** The same, if it is known without asking the database; undefined if not. */
  rememberedTenantOf(id: string): TenantId | null | undefined {
    const app = this.#storage.rememberedApp(id);
    return app === undefined ? undefined : tenantIn(app);
  }
}

function tenantIn(app: StoredApp | null): TenantId | null {
  return app?.disabledAtMs === null ? app.tenant : null;
}
