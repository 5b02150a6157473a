import { hash, randomBytes, randomUUID } from 'node:crypto';
import { Failure } from '../../domain/failure.ts';
import type { AppId, TenantId } from '../../domain/ids.ts';
import type { Clock } from '../../kit/clock.ts';
import type { Database } from '../../kit/database.ts';
import { certificateFrom } from '../token/certificate.ts';
import { openAuthStorage } from './open.ts';
import type { AuthStorage, StoredApp } from './storage.ts';

/** How long the secret before the newest stays valid: a day to distribute the new one. */
export const previousSecretMs = 24 * 3_600_000;

/** How an app proves who it is. Times are milliseconds since 1970. */
export type AppCredential =
  | { readonly kind: 'secret'; readonly previousUntilMs: number | null }
  | { readonly kind: 'certificate'; readonly sha256: string; readonly notAfterMs: number };

/** One app registration: a program that may get tokens for one tenant. */
export type App = {
  /** The client id. */
  readonly id: AppId;
  readonly name: string;
  readonly tenant: TenantId;
  readonly createdAtMs: number;
  readonly disabledAtMs: number | null;
  readonly credential: AppCredential;
  /** Whether its assertions may name the token endpoint as audience, as clients of the original do. */
  readonly acceptTokenEndpointAudience: boolean;
};

/** The data of a new app. With a certificate it has no secret. */
export type NewApp = {
  readonly name: string;
  readonly tenant: TenantId;
  readonly certificatePem?: string | undefined;
  readonly acceptTokenEndpointAudience?: boolean | undefined;
};

/** The app registrations of a database; usable beside a running service, which sees every change within a second. */
export async function openApps(database: Database, clock: Clock): Promise<Apps> {
  return new Apps(await openAuthStorage(database), clock);
}

export class Apps {
  readonly #storage: AuthStorage;
  readonly #clock: Clock;

  constructor(storage: AuthStorage, clock: Clock) {
    this.#storage = storage;
    this.#clock = clock;
  }

  /** Registers an app. Only this answer has the secret; null with a certificate. Throws `parameter_invalid`. */
  async add(app: NewApp): Promise<{ readonly app: App; readonly secret: string | null }> {
    const name = nameFrom(app.name);
    const now = this.#clock.now();
    const certificate = app.certificatePem === undefined ? null : certificateFrom(app.certificatePem, now);
    const secret = certificate === null ? newSecret() : null;
    const id = randomUUID() as AppId;
    await this.#storage.addApp({
      id,
      name,
      tenant: app.tenant,
      createdAtMs: now,
      disabledAtMs: null,
      secretHash: secret === null ? null : secretHashFor(secret),
      previousHash: null,
      previousUntilMs: null,
      certificate:
        certificate === null
          ? null
          : { jwk: certificate.jwk, sha256: certificate.sha256, untilMs: certificate.notAfterMs },
      acceptTokenEndpointAudience: app.acceptTokenEndpointAudience === true,
    });
    return { app: await this.find(id), secret };
  }

  /** Every app, oldest first, the disabled ones too. */
  async list(): Promise<readonly App[]> {
    return (await this.#storage.listApps()).map((app) => appFrom(app, this.#clock.now()));
  }

  /** One app; throws `app_unknown`. */
  async find(id: string): Promise<App> {
    const app = await this.#storage.findApp(id);
    if (app === null) throw unknown(id);
    return appFrom(app, this.#clock.now());
  }

  /**
   * Gives an app a new secret. The one before stays valid for a day (`credential.previousUntilMs`) or until the
   * next rotation, whichever comes first; the one before that is refused at once. Throws `app_unknown`, and
   * `parameter_invalid` for an app that has a certificate or is disabled.
   */
  async rotate(id: string): Promise<{ readonly app: App; readonly secret: string }> {
    const app = await this.find(id);
    if (app.credential.kind !== 'secret') {
      throw unfit(app.name, 'signs in with a certificate and has no secret', 'add an app with the new certificate');
    }
    if (app.disabledAtMs !== null) throw unfit(app.name, 'is disabled', 'add a new one');
    const secret = newSecret();
    await this.#storage.rotateSecret(app.id, secretHashFor(secret), this.#clock.now() + previousSecretMs);
    return { app: await this.find(id), secret };
  }

  /** Refuses the app from now on: no new token, and the tokens it has stop working. Throws `app_unknown`. */
  async disable(id: string): Promise<App> {
    await this.#storage.disableApp(id as AppId, this.#clock.now());
    return await this.find(id);
  }
}

/**
 * What is stored of a secret. SHA-256 without salt or stretching is enough here, and only here: the secret is 256
 * random bits, so it cannot be guessed or looked up in tables, unlike a password.
 */
export function secretHashFor(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}

function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

function nameFrom(text: string): string {
  const name = text.trim();
  if (!/^[^\p{Cc}\p{Cs}]{1,200}$/u.test(name)) {
    throw new Failure('parameter_invalid', 'name must be 1 to 200 characters on one line, such as Compliance export.');
  }
  return name;
}

function appFrom(stored: StoredApp, now: number): App {
  const { id, name, tenant, createdAtMs, disabledAtMs, acceptTokenEndpointAudience, certificate } = stored;
  const until = stored.previousUntilMs;
  return {
    id,
    name,
    tenant,
    createdAtMs,
    disabledAtMs,
    acceptTokenEndpointAudience,
    credential:
      certificate === null
        ? { kind: 'secret', previousUntilMs: until !== null && until > now ? until : null }
        : { kind: 'certificate', sha256: certificate.sha256, notAfterMs: certificate.untilMs },
  };
}

function unknown(id: string): Failure {
  return new Failure('app_unknown', `There is no app with the client id ${id.slice(0, 64)}; see: trailport app list.`);
}

function unfit(name: string, why: string, instead: string): Failure {
  return new Failure('parameter_invalid', `The app ${name} ${why}; ${instead}.`);
}
