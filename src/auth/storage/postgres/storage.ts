import type { AppId } from '../../../domain/ids.ts';
import { migratePostgres } from '../../../kit/postgres/migrate.ts';
import type { Postgres, Querier } from '../../../kit/postgres/postgres.ts';
import { Recent } from '../../../kit/recent.ts';
import type { AuthStorage, StoredApp, StoredKey } from '../storage.ts';
import { authSchema } from './schema.ts';

/** Changes by other processes count after this, in ms. */
const rememberedMs = 900;
/** Apps that are remembered. */
const mostApps = 10_000;

/** A row of `app` as it is stored. */
type AppRow = Omit<StoredApp, 'certificate'> & {
  readonly jwk: string | null;
  readonly sha256: string;
  readonly untilMs: number;
};

const appColumns = `id, name, tenant, created_ms AS "createdAtMs", disabled_ms AS "disabledAtMs",
  secret_hash AS "secretHash", previous_hash AS "previousHash", previous_until_ms AS "previousUntilMs",
  certificate_jwk AS jwk, certificate_sha256 AS sha256, certificate_until_ms AS "untilMs",
  token_endpoint_audience AS "acceptTokenEndpointAudience"`;

/** Apps, keys and used assertions in a PostgreSQL database. The database is its opener's to close. */
export class PostgresAuthStorage implements AuthStorage {
  readonly #db: Postgres;
  readonly #apps = new Recent<string, StoredApp | null>(rememberedMs, mostApps);
  readonly #keys = new Recent<'keys', readonly StoredKey[]>(rememberedMs, 1);

  private constructor(db: Postgres) {
    this.#db = db;
  }

  static async open(db: Postgres): Promise<PostgresAuthStorage> {
    await migratePostgres(db, 'auth', authSchema);
    return new PostgresAuthStorage(db);
  }

  async addApp(app: StoredApp): Promise<void> {
    await this.#db.rows(
      `INSERT INTO app (id, name, tenant, created_ms, secret_hash, certificate_jwk, certificate_sha256,
         certificate_until_ms, token_endpoint_audience) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        ...[app.id, app.name, app.tenant, app.createdAtMs, app.secretHash],
        ...[app.certificate?.jwk ?? null, app.certificate?.sha256 ?? null, app.certificate?.untilMs ?? null],
        app.acceptTokenEndpointAudience,
      ],
    );
    this.#apps.forget(app.id);
  }

  async listApps(): Promise<readonly StoredApp[]> {
    return (await this.#db.rows<AppRow>(`SELECT ${appColumns} FROM app ORDER BY created_ms, place`)).map(appFrom);
  }

  async findApp(id: string): Promise<StoredApp | null> {
    return await this.#apps.get(id, async () => {
      const [row] = await this.#db.rows<AppRow>(`SELECT ${appColumns} FROM app WHERE id = $1`, [id]);
      return row === undefined ? null : appFrom(row);
    });
  }

  rememberedApp(id: string): StoredApp | null | undefined {
    return this.#apps.known(id);
  }

  async rotateSecret(id: AppId, secretHash: Uint8Array, previousUntilMs: number): Promise<void> {
    const sql = 'UPDATE app SET previous_hash = secret_hash, previous_until_ms = $2, secret_hash = $3 WHERE id = $1';
    await this.#db.rows(sql, [id, previousUntilMs, secretHash]);
    this.#apps.forget(id);
  }

  async disableApp(id: AppId, atMs: number): Promise<void> {
    await this.#db.rows('UPDATE app SET disabled_ms = coalesce(disabled_ms, $2) WHERE id = $1', [id, atMs]);
    this.#apps.forget(id);
  }

  async keys(): Promise<readonly StoredKey[]> {
    return await this.#keys.get('keys', async () => {
      const sql = `SELECT kid, private_jwk AS "privateJwk", retired_ms AS "retiredAtMs" FROM signing_key
                   ORDER BY retired_ms IS NOT NULL, kid`;
      return await this.#db.rows<StoredKey>(sql);
    });
  }

  rememberedKeys(): readonly StoredKey[] | undefined {
    return this.#keys.known('keys');
  }

  async addFirstKey(key: StoredKey, atMs: number): Promise<void> {
    await insertKey(this.#db, key, atMs);
    this.#keys.forgetAll();
  }

  async replaceKey(key: StoredKey, madeBeforeMs: number, atMs: number): Promise<boolean> {
    const replaced = await this.#db.transaction(async (tx) => {
      // Waits for another process that does the same, and then finds that the key in use is newer.
      const retire = `UPDATE signing_key SET retired_ms = $1 WHERE retired_ms IS NULL AND created_ms <= $2 RETURNING kid`;
      const retired = await tx.rows(retire, [atMs, madeBeforeMs]);
      if (retired.length > 0) await insertKey(tx, key, atMs);
      return retired.length > 0;
    });
    this.#keys.forgetAll();
    return replaced;
  }

  async isKeyOlderThan(madeBeforeMs: number): Promise<boolean> {
    const sql = 'SELECT 1 FROM signing_key WHERE retired_ms IS NULL AND created_ms <= $1';
    return (await this.#db.rows(sql, [madeBeforeMs])).length > 0;
  }

  async removeKeys(retiredBeforeMs: number): Promise<void> {
    await this.#db.rows('DELETE FROM signing_key WHERE retired_ms <= $1', [retiredBeforeMs]);
    this.#keys.forgetAll();
  }

  async useAssertion(id: string, untilS: number): Promise<boolean> {
    // The insert alone decides: between a read and a write another request or process could use the same assertion.
    const sql = 'INSERT INTO used_assertion (id, until_s) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING id';
    return (await this.#db.rows(sql, [id, untilS])).length > 0;
  }

  async removeAssertions(nowS: number): Promise<void> {
    await this.#db.rows('DELETE FROM used_assertion WHERE until_s < $1', [nowS]);
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** Does nothing where another key is in use. */
async function insertKey(db: Querier, { kid, privateJwk }: StoredKey, atMs: number): Promise<void> {
  const sql = `INSERT INTO signing_key (kid, private_jwk, created_ms) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`;
  await db.rows(sql, [kid, privateJwk, atMs]);
}

function appFrom({ jwk, sha256, untilMs, ...app }: AppRow): StoredApp {
  return { ...app, certificate: jwk === null ? null : { jwk, sha256, untilMs } };
}
