import type { AppId, TenantId } from '../../domain/ids.ts';

/** What is stored of an app registration. Times are milliseconds since 1970. It has either a secret or a certificate. */
export type StoredApp = {
  readonly id: AppId;
  readonly name: string;
  readonly tenant: TenantId;
  readonly createdAtMs: number;
  readonly disabledAtMs: number | null;
  /** SHA-256 of its secret; null for an app with a certificate. */
  readonly secretHash: Uint8Array | null;
  readonly previousHash: Uint8Array | null;
  readonly previousUntilMs: number | null;
  /** Null for an app with a secret. */
  readonly certificate: {
    /** Its public key as a JWK, as JSON text. */
    readonly jwk: string;
    readonly sha256: string;
    readonly untilMs: number;
  } | null;
  readonly acceptTokenEndpointAudience: boolean;
};

/** A signing key; `privateJwk` is JSON text. */
export type StoredKey = { readonly kid: string; readonly privateJwk: string; readonly retiredAtMs: number | null };

/**
 * Apps, signing keys and used assertions. Every method is one whole move, durable when its promise resolves. Any number of
 * processes may use the same storage.
 */
export interface AuthStorage extends AsyncDisposable {
  /** Adds an app; its id is new. */
  addApp(app: StoredApp): Promise<void>;

  /** Every app, oldest first, the disabled ones too. */
  listApps(): Promise<readonly StoredApp[]>;

  findApp(id: string): Promise<StoredApp | null>;

  /**
   * What `findApp` would say, if that is known without asking the database; undefined if not. Own changes count at once,
   * those of others within a second.
   */
  rememberedApp(id: string): StoredApp | null | undefined;

  /** Makes `secretHash` the app's secret and the one until now its previous one, good until `previousUntilMs`. */
  rotateSecret(id: AppId, secretHash: Uint8Array, previousUntilMs: number): Promise<void>;

  /** Disables an app, if it is not disabled already. */
  disableApp(id: AppId, atMs: number): Promise<void>;

  /** Every signing key that is kept: the one in use first, the others by their `kid`. */
  keys(): Promise<readonly StoredKey[]>;

  /** The same, if that is known without asking the database; undefined if not. The same object while nothing has changed. */
  rememberedKeys(): readonly StoredKey[] | undefined;

  /** Makes `key` the one in use where there is none. Of several processes at once, one adds its key. */
  addFirstKey(key: StoredKey, atMs: number): Promise<void>;

  /**
   * Retires the key in use if it was made at `madeBeforeMs` or before, and makes `key` the one in use. Of several processes
   * at once with keys made later than that, one does it. False when the key in use is newer.
   */
  replaceKey(key: StoredKey, madeBeforeMs: number, atMs: number): Promise<boolean>;

  /** Whether the key in use was made at that time or before. */
  isKeyOlderThan(madeBeforeMs: number): Promise<boolean>;

  /** Removes keys that were retired at that time or before. */
  removeKeys(retiredBeforeMs: number): Promise<void>;

  /** Notes that an assertion was used, until `untilS` (seconds since 1970); false when it was used before. */
  useAssertion(id: string, untilS: number): Promise<boolean>;

  /** Removes the notes whose time is over at `nowS`. */
  removeAssertions(nowS: number): Promise<void>;
}
