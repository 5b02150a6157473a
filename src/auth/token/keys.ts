import { createPublicKey, generateKeyPair, type KeyObject, type webcrypto } from 'node:crypto';
import { promisify } from 'node:util';
import { calculateJwkThumbprint, type JWK } from 'jose';
import type { Clock } from '../../kit/clock.ts';
import type { AuthStorage, StoredKey } from '../storage/storage.ts';

/** The keys at one moment: the newest signs, the others only check what they signed before. */
export type KeyRing = {
  /** The ids of all, the one that signs first. */
  readonly kids: string;
  readonly signingKid: string;
  readonly privateJwks: readonly JWK[];
  readonly publicKeys: ReadonlyMap<string, KeyObject>;
};

/**
 * The service's signing keys: RSA of 2048 bits for RS256, kept in the database, which only its owner can read. A retired
 * key stays published until the last token it signed has expired.
 */
export class Keys {
  readonly #storage: AuthStorage;
  readonly #clock: Clock;
  readonly #keptMs: number;
  #made: { readonly stored: readonly StoredKey[]; readonly second: number; readonly ring: KeyRing } | null = null;

  private constructor(storage: AuthStorage, clock: Clock, tokenSeconds: number) {
    this.#storage = storage;
    this.#clock = clock;
    this.#keptMs = (tokenSeconds + 60) * 1000;
  }

  /** Opens the keys; makes the first one where there is none. */
  static async open(storage: AuthStorage, clock: Clock, tokenSeconds: number): Promise<Keys> {
    const any = (await storage.keys()).some(({ retiredAtMs }) => retiredAtMs === null);
    if (!any) await storage.addFirstKey(await newKey(), clock.now());
    return new Keys(storage, clock, tokenSeconds);
  }

  /** The keys now; the same object until something changes, here or in another process. */
  async ring(): Promise<KeyRing> {
    return this.#ringOf(await this.#storage.keys());
  }

  /** The same, if it is known without asking the database; null if not. */
  remembered(): KeyRing | null {
    const stored = this.#storage.rememberedKeys();
    return stored === undefined ? null : this.#ringOf(stored);
  }

  /** Makes a new key that signs from now on. Older keys stay valid as long as the tokens that they signed. */
  async rotate(): Promise<void> {
    await this.#storage.replaceKey(await newKey(), this.#clock.now(), this.#clock.now());
  }

  /** Does the same if the key in use is older than that; true if it was. Of several processes one makes the key. */
  async rotateIfOlderThan(ms: number): Promise<boolean> {
    const before = this.#clock.now() - ms;
    if (!(await this.#storage.isKeyOlderThan(before))) return false;
    return await this.#storage.replaceKey(await newKey(), before, this.#clock.now());
  }

  /** Removes the keys whose tokens have all expired. */
  async sweep(): Promise<void> {
    await this.#storage.removeKeys(this.#clock.now() - this.#keptMs);
  }

  #ringOf(stored: readonly StoredKey[]): KeyRing {
    const now = this.#clock.now();
    // Looked at again every second: a retired key leaves the ring when its time is over.
    const second = Math.floor(now / 1000);
    if (this.#made?.stored === stored && this.#made.second === second) return this.#made.ring;
    const valid = stored.filter(({ retiredAtMs }) => retiredAtMs === null || retiredAtMs > now - this.#keptMs);
    const before = this.#made?.ring;
    const isSame = before !== undefined && before.kids === kidsOf(valid);
    this.#made = { stored, second, ring: isSame ? before : ringFor(valid) };
    return this.#made.ring;
  }
}

function ringFor(keys: readonly StoredKey[]): KeyRing {
  const privateJwks = keys.map(({ privateJwk }) => JSON.parse(privateJwk) as JWK);
  const publicKeys = new Map(
    privateJwks.map((jwk) => [jwk.kid!, createPublicKey({ key: jwk as webcrypto.JsonWebKey, format: 'jwk' })]),
  );
  return { kids: kidsOf(keys), signingKid: privateJwks[0]!.kid!, privateJwks, publicKeys };
}

function kidsOf(keys: readonly StoredKey[]): string {
  return keys.map(({ kid }) => kid).join(' ');
}

/** A new key, its private part as a JWK. */
async function newKey(): Promise<StoredKey> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const jwk = privateKey.export({ format: 'jwk' }) as JWK;
  const kid = await calculateJwkThumbprint(jwk);
  return { kid, privateJwk: JSON.stringify({ ...jwk, kid, alg: 'RS256', use: 'sig' }), retiredAtMs: null };
}
