import { createPublicKey, generateKeyPair, type KeyObject, type webcrypto } from 'node:crypto';
import { promisify } from 'node:util';
import { calculateJwkThumbprint, type JWK } from 'jose';
import type { Clock } from '../../kit/clock.ts';
import { Remembered } from '../../kit/sqlite/remembered.ts';
import { type DatabaseSync, type StatementSync, transaction } from '../../kit/sqlite/sqlite.ts';

/** The keys at one moment: the newest signs, the others only check what they signed before. */
export type KeyRing = {
  readonly signingKid: string;
  readonly privateJwks: readonly JWK[];
  readonly publicKeys: ReadonlyMap<string, KeyObject>;
};

const mostStamps = 100;

/**
 * The service's signing keys: RSA of 2048 bits for RS256, kept in the database, whose file only its owner can read. A
 * retired key stays published until the last token it signed has expired.
 */
export class Keys {
  readonly #db: DatabaseSync;
  readonly #clock: Clock;
  readonly #keptMs: number;
  readonly #stamp: StatementSync;
  readonly #current: StatementSync;
  /** The stamp of each second: a retired key leaves the ring when its time is over. */
  readonly #stamps: Remembered<number, string>;
  #ring: { readonly stamp: string; readonly ring: KeyRing } | null = null;

  private constructor(db: DatabaseSync, clock: Clock, tokenSeconds: number) {
    this.#db = db;
    this.#stamps = new Remembered(db, mostStamps);
    this.#clock = clock;
    this.#keptMs = (tokenSeconds + 60) * 1000;
    const current = 'FROM signing_key WHERE retired_ms IS NULL OR retired_ms > ?';
    const order = 'ORDER BY retired_ms IS NOT NULL, kid';
    this.#stamp = db.prepare(`SELECT group_concat(kid, ' ' ${order}) AS stamp ${current}`);
    this.#current = db.prepare(`SELECT private_jwk ${current} ${order}`);
  }

  /** Opens the keys; makes the first one where there is none. */
  static async open(db: DatabaseSync, clock: Clock, tokenSeconds: number): Promise<Keys> {
    const keys = new Keys(db, clock, tokenSeconds);
    const any = db.prepare('SELECT 1 FROM signing_key WHERE retired_ms IS NULL').get();
    // Two processes may start at once: the index on keys in use lets one of them insert, and OR IGNORE the other pass.
    if (any === undefined) keys.#insert('OR IGNORE', await newKey());
    return keys;
  }

  /** The keys now; the same object until something changes, here or in another process. */
  ring(): KeyRing {
    const since = this.#clock.now() - this.#keptMs;
    const second = Math.floor(since / 1000);
    const stamp = this.#stamps.get(second, () => this.#stamp.get(since)?.stamp as string);
    if (this.#ring?.stamp !== stamp) this.#ring = { stamp, ring: this.#read(since) };
    return this.#ring.ring;
  }

  /** Makes a new key that signs from now on. Older keys stay valid as long as the tokens that they signed. */
  async rotate(): Promise<void> {
    await this.#replace(this.#clock.now());
  }

  /** Does the same if the key in use is older than that; true if it was. Of several processes one makes the key. */
  async rotateIfOlderThan(ms: number): Promise<boolean> {
    const before = this.#clock.now() - ms;
    const sql = 'SELECT 1 FROM signing_key WHERE retired_ms IS NULL AND created_ms <= ?';
    if (this.#db.prepare(sql).get(before) === undefined) return false;
    await this.#replace(before);
    return true;
  }

  /** Removes the keys whose tokens have all expired. */
  sweep(): void {
    this.#db.prepare('DELETE FROM signing_key WHERE retired_ms <= ?').run(this.#clock.now() - this.#keptMs);
  }

  /** Retires the key in use if it was made at that time or before, and makes the next one. */
  async #replace(madeBeforeMs: number): Promise<void> {
    const key = await newKey();
    transaction(this.#db, () => {
      const retire = 'UPDATE signing_key SET retired_ms = ? WHERE retired_ms IS NULL AND created_ms <= ?';
      const { changes } = this.#db.prepare(retire).run(this.#clock.now(), madeBeforeMs);
      if (changes > 0) this.#insert('', key);
    });
  }

  #insert(or: '' | 'OR IGNORE', { kid, text }: { readonly kid: string; readonly text: string }): void {
    const sql = `INSERT ${or} INTO signing_key (kid, private_jwk, created_ms) VALUES (?, ?, ?)`;
    this.#db.prepare(sql).run(kid, text, this.#clock.now());
  }

  #read(since: number): KeyRing {
    const privateJwks = this.#current.all(since).map((row) => JSON.parse(row.private_jwk as string) as JWK);
    const publicKeys = new Map(
      privateJwks.map((jwk) => [jwk.kid!, createPublicKey({ key: jwk as webcrypto.JsonWebKey, format: 'jwk' })]),
    );
    return { signingKid: privateJwks[0]!.kid!, privateJwks, publicKeys };
  }
}

/** A new private key as a JWK. */
async function newKey(): Promise<{ readonly kid: string; readonly text: string }> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const jwk = privateKey.export({ format: 'jwk' }) as JWK;
  const kid = await calculateJwkThumbprint(jwk);
  return { kid, text: JSON.stringify({ ...jwk, kid, alg: 'RS256', use: 'sig' }) };
}
