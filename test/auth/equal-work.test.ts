import assert from 'node:assert/strict';
import crypto, { randomUUID } from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { test } from 'node:test';
import { SignJWT } from 'jose';
import { makeCertificate } from './certificates.ts';
import { openService, type Service, signedIn, tenant } from './fixtures.ts';

/** Counts the cryptographic work of the service, which is this process. */
function counting(t: import('node:test').TestContext) {
  const counts = { hashes: 0, comparisons: 0, imports: 0, verifications: 0 };
  const { hash, timingSafeEqual, subtle } = crypto;
  const [importKey, verify] = [subtle.importKey.bind(subtle), subtle.verify.bind(subtle)];
  t.mock.method(crypto, 'hash', (...given: Parameters<typeof hash>) => {
    counts.hashes++;
    return hash(...given);
  });
  t.mock.method(crypto, 'timingSafeEqual', (...given: Parameters<typeof timingSafeEqual>) => {
    counts.comparisons++;
    return timingSafeEqual(...given);
  });
  t.mock.method(subtle, 'importKey', (...given: unknown[]) => {
    counts.imports++;
    return (importKey as (...all: unknown[]) => unknown)(...given);
  });
  t.mock.method(subtle, 'verify', (...given: Parameters<typeof verify>) => {
    counts.verifications++;
    return verify(...given);
  });
  syncBuiltinESMExports();
  return counts;
}

test('an unknown client, an app with a certificate and a disabled one cost the same work as a wrong secret', async (t) => {
  await using service = await openService();
  const { form } = await signedIn(service);
  const { pem } = await makeCertificate('ES256');
  const certified = (await service.auth.apps.add({ name: 'Certified', tenant, certificatePem: pem })).app.id;
  const disabled = (await service.auth.apps.disable((await signedIn(service)).app.id)).id;
  const counts = counting(t);
  try {
    const workOf = async (id: string) =>
      workOfSecond(service, counts, { ...form, client_id: id, client_secret: 'wrong' });
    const wrong = await workOf(form.client_id);
    assert.equal(wrong.comparisons, 2);
    assert.ok(wrong.hashes >= 1);
    for (const id of [randomUUID(), 'nobody', certified, disabled]) assert.deepEqual(await workOf(id), wrong, id);
  } finally {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  }
});

for (const alg of ['RS256', 'PS256', 'ES256'] as const) {
  test(`an unknown client, an app with a secret and one with another key cost the same work as a wrong ${alg} signature`, async (t) => {
    await using service = await openService();
    const own = await makeCertificate(alg);
    const other = await makeCertificate(alg === 'ES256' ? 'RS256' : 'ES256');
    const add = async (pem: string) =>
      (await service.auth.apps.add({ name: 'Certified', tenant, certificatePem: pem })).app.id;
    const [certified, otherKey] = [await add(own.pem), await add(other.pem)];
    const withSecret = (await signedIn(service)).app.id;
    const stranger = await makeCertificate(alg);
    const form = async (id: string) => ({
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await new SignJWT({ iss: id, sub: id, aud: service.issuer, jti: randomUUID() })
        .setProtectedHeader({ alg })
        .setExpirationTime('1 minute')
        .sign(stranger.privateKey),
    });
    const counts = counting(t);
    try {
      const workOf = async (id: string) => workOfSecond(service, counts, await form(id));
      const wrong = await workOf(certified);
      assert.equal(wrong.verifications, 1);
      for (const id of [randomUUID(), withSecret, otherKey]) assert.deepEqual(await workOf(id), wrong);
    } finally {
      t.mock.restoreAll();
      syncBuiltinESMExports();
    }
  });
}

/** The work of a second request: at the first one the library checks what is registered. Both are refused. */
async function workOfSecond<T extends Record<string, number>>(
  service: Service,
  counts: T,
  form: Record<string, string>,
): Promise<T> {
  assert.equal((await service.post(form)).status, 401);
  for (const name of Object.keys(counts)) Object.assign(counts, { [name]: 0 });
  const answer = await service.post(form);
  assert.equal(answer.status, 401);
  return { ...counts };
}
