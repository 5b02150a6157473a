import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { AuthStorage, StoredApp, StoredKey } from '../../src/auth/storage/storage.ts';
import type { AppId, TenantId } from '../../src/domain/ids.ts';

/** Opens a storage of its own name; the same name again is the same storage, as another process opens it. */
export type OpenAuthStorage = (name: string) => Promise<AuthStorage>;

function appOf(id: string, rest: Partial<StoredApp> = {}): StoredApp {
  return {
    id: id as AppId,
    name: `App ${id}`,
    tenant: 'contoso' as TenantId,
    createdAtMs: 1,
    disabledAtMs: null,
    secretHash: Uint8Array.from(randomBytes(32)),
    previousHash: null,
    previousUntilMs: null,
    certificate: null,
    acceptTokenEndpointAudience: false,
    ...rest,
  };
}

function keyOf(kid: string): StoredKey {
  return { kid, privateJwk: JSON.stringify({ kid }), retiredAtMs: null };
}

/** The bytes of hashes as plain arrays: adapters may give a Buffer or a Uint8Array. */
function plain(app: StoredApp | null | undefined) {
  const bytes = (hash: Uint8Array | null) => (hash === null ? null : [...hash]);
  return app && { ...app, secretHash: bytes(app.secretHash), previousHash: bytes(app.previousHash) };
}

/** What every adapter of the port `AuthStorage` promises. */
export function promisesOfAuthStorage(adapter: string, open: OpenAuthStorage): void {
  test(`${adapter}: an app is found as it was added, also by another process, and apps are listed oldest first`, async () => {
    await using storage = await open('apps');
    await using other = await open('apps');
    const certificate = { jwk: '{"kty":"EC"}', sha256: 'AB', untilMs: 9_000_000_000_000 };
    const apps = [
      appOf('b', { createdAtMs: 1 }),
      appOf('a', { createdAtMs: 1, secretHash: null, certificate, acceptTokenEndpointAudience: true }),
      appOf('c', { createdAtMs: 0 }),
    ];
    for (const app of apps) await storage.addApp(app);
    for (const app of apps) assert.deepEqual(plain(await other.findApp(app.id)), plain(app));
    assert.equal(await other.findApp('nobody'), null);
    assert.deepEqual(
      (await other.listApps()).map(({ id }) => id),
      ['c', 'b', 'a'],
    );
    await assert.rejects(storage.addApp(appOf('a')));
  });

  test(`${adapter}: what changes of an app counts at once here, and within a second for another process`, async () => {
    await using storage = await open('changes');
    await using other = await open('changes');
    assert.equal(await storage.findApp('a'), null);
    const app = appOf('a');
    await storage.addApp(app);
    assert.deepEqual(plain(await storage.findApp('a')), plain(app));
    assert.deepEqual(plain(storage.rememberedApp('a')), plain(app));
    assert.equal((await other.findApp('a'))?.disabledAtMs, null);
    const second = Uint8Array.from(randomBytes(32));
    await storage.rotateSecret(app.id, second, 70);
    const rotated = { ...app, secretHash: second, previousHash: app.secretHash, previousUntilMs: 70 };
    assert.deepEqual(plain(await storage.findApp('a')), plain(rotated));
    await storage.disableApp(app.id, 5);
    await storage.disableApp(app.id, 6);
    assert.equal((await storage.findApp('a'))?.disabledAtMs, 5);
    const sinceMs = performance.now();
    while ((await other.findApp('a'))?.disabledAtMs !== 5) await new Promise(setImmediate);
    assert.ok(performance.now() - sinceMs < 1500);
  });

  test(`${adapter}: of many processes that start or replace a key at once, one does it, and all have the same keys`, async () => {
    const storages = await Promise.all(Array.from({ length: 4 }, () => open('keys')));
    const kids = async (storage: AuthStorage) => (await storage.keys()).map(({ kid }) => kid);
    try {
      await Promise.all(storages.map((storage, i) => storage.addFirstKey(keyOf(`first ${i}`), 10)));
      const [first, ...none] = await kids(storages[0]!);
      assert.ok(first?.startsWith('first') && none.length === 0);
      assert.deepEqual([await storages[1]!.isKeyOlderThan(9), await storages[1]!.isKeyOlderThan(10)], [false, true]);
      assert.equal(await storages[0]!.replaceKey(keyOf('too early'), 9, 11), false);
      const replaced = await Promise.all(storages.map((storage, i) => storage.replaceKey(keyOf(`next ${i}`), 10, 20)));
      assert.equal(replaced.filter((did) => did).length, 1);
      const now = await kids(storages[0]!);
      assert.deepEqual(now, [`next ${replaced.indexOf(true)}`, first]);
      assert.deepEqual(
        (await storages[0]!.keys()).map(({ retiredAtMs }) => retiredAtMs),
        [null, 20],
      );
      assert.equal(storages[0]!.rememberedKeys(), await storages[0]!.keys());
      const sinceMs = performance.now();
      for (const storage of storages) {
        while ((await kids(storage)).join() !== now.join()) await new Promise(setImmediate);
      }
      assert.ok(performance.now() - sinceMs < 1500);
      await storages[0]!.removeKeys(19);
      assert.equal((await storages[0]!.keys()).length, 2);
      await storages[0]!.removeKeys(20);
      assert.deepEqual(await kids(storages[0]!), now.slice(0, 1));
    } finally {
      for (const storage of storages) await storage[Symbol.asyncDispose]();
    }
  });

  test(`${adapter}: an assertion is used once by all processes, until its note is removed`, async () => {
    await using storage = await open('assertions');
    await using other = await open('assertions');
    const used = await Promise.all([storage, other, storage, other].map((one) => one.useAssertion('a', 100)));
    assert.equal(used.filter((first) => first).length, 1);
    assert.equal(await other.useAssertion('b', 100), true);
    await storage.removeAssertions(100);
    assert.equal(await storage.useAssertion('a', 100), false);
    await storage.removeAssertions(101);
    assert.equal(await storage.useAssertion('a', 200), true);
  });
}
