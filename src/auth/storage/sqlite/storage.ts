import type { AppId, TenantId } from '../../../domain/ids.ts';
import { Remembered } from '../../../kit/sqlite/remembered.ts';
import { type DatabaseSync, migrate, type StatementSync, transaction } from '../../../kit/sqlite/sqlite.ts';
import type { AuthStorage, StoredApp, StoredKey } from '../storage.ts';
import { authSchema } from './schema.ts';

/** Apps that are remembered. */
const mostApps = 10_000;

/** Apps, keys and used assertions in a SQLite file. The database is its opener's to close. */
export class SqliteAuthStorage implements AuthStorage {
  readonly #db: DatabaseSync;
  readonly #apps: Remembered<string, StoredApp | null>;
  readonly #keys: Remembered<'keys', readonly StoredKey[]>;
  readonly #app: StatementSync;
  readonly #allKeys: StatementSync;
  #seenKeys: readonly StoredKey[] = [];

  constructor(db: DatabaseSync) {
    migrate(db, 'auth', authSchema);
    this.#db = db;
    this.#apps = new Remembered(db, mostApps);
    this.#keys = new Remembered(db, 1);
    // Read again after every write to the database, so these are prepared once.
    this.#app = db.prepare('SELECT * FROM app WHERE id = ?');
    this.#allKeys = db.prepare(
      `SELECT kid, private_jwk AS privateJwk, retired_ms AS retiredAtMs FROM signing_key
       ORDER BY retired_ms IS NOT NULL, kid`,
    );
  }

  async addApp(app: StoredApp): Promise<void> {
    this.#db
      .prepare(
        `INSERT INTO app (id, name, tenant, created_ms, secret_hash, certificate_jwk, certificate_sha256,
           certificate_until_ms, token_endpoint_audience) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        ...[app.id, app.name, app.tenant, app.createdAtMs, app.secretHash],
        ...[app.certificate?.jwk ?? null, app.certificate?.sha256 ?? null, app.certificate?.untilMs ?? null],
        app.acceptTokenEndpointAudience ? 1 : 0,
      );
  }

  async listApps(): Promise<readonly StoredApp[]> {
    return this.#db.prepare('SELECT * FROM app ORDER BY created_ms, rowid').all().map(appFrom);
  }

  async findApp(id: string): Promise<StoredApp | null> {
    return this.rememberedApp(id);
  }

  rememberedApp(id: string): StoredApp | null {
    return this.#apps.get(id, () => {
      const row = this.#app.get(id);
      return row === undefined ? null : appFrom(row);
    });
  }

  async rotateSecret(id: AppId, secretHash: Uint8Array, previousUntilMs: number): Promise<void> {
    this.#db
      .prepare('UPDATE app SET previous_hash = secret_hash, previous_until_ms = ?, secret_hash = ? WHERE id = ?')
      .run(previousUntilMs, secretHash, id);
  }

  async disableApp(id: AppId, atMs: number): Promise<void> {
    this.#db.prepare('UPDATE app SET disabled_ms = coalesce(disabled_ms, ?) WHERE id = ?').run(atMs, id);
  }

  async keys(): Promise<readonly StoredKey[]> {
    return this.rememberedKeys();
  }

  /** Anything that is written makes the keys read again; they stay the same object while they are equal. */
  rememberedKeys(): readonly StoredKey[] {
    return this.#keys.get('keys', () => {
      const read = this.#allKeys.all() as unknown as StoredKey[];
      if (JSON.stringify(read) !== JSON.stringify(this.#seenKeys)) this.#seenKeys = read;
      return this.#seenKeys;
    });
  }

  async addFirstKey(key: StoredKey, atMs: number): Promise<void> {
    this.#insertKey('OR IGNORE', key, atMs);
  }

  async replaceKey(key: StoredKey, madeBeforeMs: number, atMs: number): Promise<boolean> {
    return transaction(this.#db, () => {
      const retire = 'UPDATE signing_key SET retired_ms = ? WHERE retired_ms IS NULL AND created_ms <= ?';
      const { changes } = this.#db.prepare(retire).run(atMs, madeBeforeMs);
      if (changes > 0) this.#insertKey('', key, atMs);
      return changes > 0;
    });
  }

  async isKeyOlderThan(madeBeforeMs: number): Promise<boolean> {
    const sql = 'SELECT 1 FROM signing_key WHERE retired_ms IS NULL AND created_ms <= ?';
    return this.#db.prepare(sql).get(madeBeforeMs) !== undefined;
  }

  async removeKeys(retiredBeforeMs: number): Promise<void> {
    this.#db.prepare('DELETE FROM signing_key WHERE retired_ms <= ?').run(retiredBeforeMs);
  }

  async useAssertion(id: string, untilS: number): Promise<boolean> {
    // The insert alone decides: between a read and a write another request or process could use the same assertion.
    const sql = 'INSERT INTO used_assertion (id, until_s) VALUES (?, ?) ON CONFLICT DO NOTHING';
    return this.#db.prepare(sql).run(id, untilS).changes === 1;
  }

  async removeAssertions(nowS: number): Promise<void> {
    this.#db.prepare('DELETE FROM used_assertion WHERE until_s < ?').run(nowS);
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #insertKey(or: '' | 'OR IGNORE', { kid, privateJwk }: StoredKey, atMs: number): void {
    const sql = `INSERT ${or} INTO signing_key (kid, private_jwk, created_ms) VALUES (?, ?, ?)`;
    this.#db.prepare(sql).run(kid, privateJwk, atMs);
  }
}

function appFrom(row: Record<string, unknown>): StoredApp {
  const jwk = row.certificate_jwk as string | null;
  return {
    id: row.id as AppId,
    name: row.name as string,
    tenant: row.tenant as TenantId,
    createdAtMs: row.created_ms as number,
    disabledAtMs: row.disabled_ms as number | null,
    secretHash: row.secret_hash as Uint8Array | null,
    previousHash: row.previous_hash as Uint8Array | null,
    previousUntilMs: row.previous_until_ms as number | null,
    certificate:
      jwk === null
        ? null
        : { jwk, sha256: row.certificate_sha256 as string, untilMs: row.certificate_until_ms as number },
    acceptTokenEndpointAudience: row.token_endpoint_audience === 1,
  };
}
