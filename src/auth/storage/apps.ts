import { hash, randomBytes, randomUUID } from 'node:crypto';
import { Failure } from '../../domain/failure.ts';
import type { AppId, TenantId } from '../../domain/ids.ts';
import type { Clock } from '../../kit/clock.ts';
import type { DatabaseSync } from '../../kit/sqlite/sqlite.ts';
import { certificateFrom } from '../token/certificate.ts';
import { prepareTables } from './tables.ts';

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

/** The app registrations of a database; usable beside a running service, which sees every change at once. */
export function openApps(db: DatabaseSync, clock: Clock): Apps {
  prepareTables(db);
  return new Apps(db, clock);
}

export class Apps {
  readonly #db: DatabaseSync;
  readonly #clock: Clock;

  constructor(db: DatabaseSync, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  /** Registers an app. Only this answer has the secret; null with a certificate. Throws `parameter_invalid`. */
  add(app: NewApp): { readonly app: App; readonly secret: string | null } {
    const name = nameFrom(app.name);
    const now = this.#clock.now();
    const certificate = app.certificatePem === undefined ? null : certificateFrom(app.certificatePem, now);
    const secret = certificate === null ? newSecret() : null;
    const id = randomUUID();
    const insert = this.#db.prepare(
      `INSERT INTO app (id, name, tenant, created_ms, secret_hash, certificate_jwk, certificate_sha256,
         certificate_until_ms, token_endpoint_audience) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    const { jwk = null, sha256 = null, notAfterMs = null } = certificate ?? {};
    const secretHash = secret === null ? null : secretHashFor(secret);
    const acceptsEndpoint = app.acceptTokenEndpointAudience === true ? 1 : 0;
    insert.run(id, name, app.tenant, now, secretHash, jwk, sha256, notAfterMs, acceptsEndpoint);
    return { app: this.find(id), secret };
  }

  /** Every app, oldest first, the disabled ones too. */
  list(): readonly App[] {
    return this.#db
      .prepare('SELECT * FROM app ORDER BY created_ms, rowid')
      .all()
      .map((row) => appFrom(row, this.#clock.now()));
  }

  /** One app; throws `app_unknown`. */
  find(id: string): App {
    const row = this.#db.prepare('SELECT * FROM app WHERE id = ?').get(id);
    if (row === undefined) throw unknown(id);
    return appFrom(row, this.#clock.now());
  }

  /**
   * Gives an app a new secret. The one before stays valid for a day (`credential.previousUntilMs`) or until the
   * next rotation, whichever comes first; the one before that is refused at once. Throws `app_unknown`, and
   * `parameter_invalid` for an app that has a certificate or is disabled.
   */
  rotate(id: string): { readonly app: App; readonly secret: string } {
    const { name, credential, disabledAtMs } = this.find(id);
    if (credential.kind !== 'secret') {
      throw unfit(name, 'signs in with a certificate and has no secret', 'add an app with the new certificate');
    }
    if (disabledAtMs !== null) throw unfit(name, 'is disabled', 'add a new one');
    const secret = newSecret();
    this.#db
      .prepare('UPDATE app SET previous_hash = secret_hash, previous_until_ms = ?, secret_hash = ? WHERE id = ?')
      .run(this.#clock.now() + previousSecretMs, secretHashFor(secret), id);
    return { app: this.find(id), secret };
  }

  /** Refuses the app from now on: no new token, and the tokens it has stop working at once. Throws `app_unknown`. */
  disable(id: string): App {
    this.#db.prepare('UPDATE app SET disabled_ms = coalesce(disabled_ms, ?) WHERE id = ?').run(this.#clock.now(), id);
    return this.find(id);
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

function appFrom(row: Record<string, unknown>, now: number): App {
  const until = row.previous_until_ms as number | null;
  return {
    id: row.id as AppId,
    name: row.name as string,
    tenant: row.tenant as TenantId,
    createdAtMs: row.created_ms as number,
    disabledAtMs: row.disabled_ms as number | null,
    acceptTokenEndpointAudience: row.token_endpoint_audience === 1,
    credential:
      row.certificate_jwk === null
        ? { kind: 'secret', previousUntilMs: until !== null && until > now ? until : null }
        : {
            kind: 'certificate',
            sha256: row.certificate_sha256 as string,
            notAfterMs: row.certificate_until_ms as number,
          },
  };
}

function unknown(id: string): Failure {
  return new Failure('app_unknown', `There is no app with the client id ${id.slice(0, 64)}; see: trailport app list.`);
}

function unfit(name: string, why: string, instead: string): Failure {
  return new Failure('parameter_invalid', `The app ${name} ${why}; ${instead}.`);
}
