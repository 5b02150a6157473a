import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { type JWTPayload, SignJWT } from 'jose';
import * as client from 'openid-client';
import { readWriteAll } from '../../src/domain/access.ts';
import { makeCertificate } from './certificates.ts';
import { openService, type Service, tenant } from './fixtures.ts';

const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

test('an OAuth client gets a token with its certificate, by RS256, PS256 and ES256', async () => {
  await using service = await openService();
  for (const alg of ['RS256', 'PS256', 'ES256'] as const) {
    const { pem, privateKey } = await makeCertificate(alg);
    const { app, secret } = await service.auth.apps.add({ name: alg, tenant, certificatePem: pem });
    assert.equal(secret, null);
    // The kid that .NET clients send, which is no name of a key that we gave.
    const key = { key: privateKey, kid: '5F1A0C7E9B2D4A6C8E0F1B3D5A7C9E1F3B5D7F90' };
    const options = { execute: [client.allowInsecureRequests] };
    const found = await client.discovery(new URL(service.url), app.id, undefined, client.PrivateKeyJwt(key), options);
    const answer = await client.clientCredentialsGrant(found, { scope: readWriteAll });
    const caller = await service.auth.authenticate(`Bearer ${answer.access_token}`, readWriteAll);
    assert.equal(caller.app, app.id);
  }
});

test('an assertion works once, also after a restart, and when it is sent twice at the same moment', async () => {
  await using service = await openService();
  const { sign } = await certified(service);
  const first = await sign();
  assert.equal(await statusOf(service, first), 200);
  assert.equal(await statusOf(service, first), 401);
  await service.reopen();
  assert.equal(await statusOf(service, first), 401);
  const second = await sign();
  const statuses = await Promise.all(Array.from({ length: 8 }, () => statusOf(service, second)));
  assert.deepEqual(statuses.sort(), [200, 401, 401, 401, 401, 401, 401, 401]);
});

test('the sweep forgets assertions a day after their end, and not before', async () => {
  await using service = await openService();
  const { sign } = await certified(service);
  await statusOf(service, await sign());
  const count = () => service.db.prepare('SELECT count(*) AS count FROM used_assertion').get()?.count;
  service.advance(3_600_000);
  await service.auth.sweep();
  assert.equal(count(), 1);
  service.advance(86_400_000);
  await service.auth.sweep();
  assert.equal(count(), 0);
});

test('an assertion must be short, fresh, whole, for us and by the registered key', async () => {
  await using service = await openService();
  const { sign, app } = await certified(service);
  const other = await certified(service);
  const now = Math.floor(Date.now() / 1000);
  const refused: Record<string, Promise<string>> = {
    expired: sign({ exp: now - 60 }),
    'too long': sign({ exp: now + 3600 }),
    'without end': sign({ exp: undefined }),
    'without jti': sign({ jti: undefined }),
    'of another issuer': sign({ iss: other.app.id }),
    'without issuer': sign({ iss: undefined }),
    'without audience': sign({ aud: undefined }),
    'for somebody else': sign({ aud: 'https://elsewhere.example.org' }),
    'for somebody else too': sign({ aud: [service.issuer, 'https://elsewhere.example.org'] }),
    'for the issuer with a slash': sign({ aud: `${service.issuer}/` }),
    'by another key': other.sign({ iss: app.id, sub: app.id }),
    'of an unknown client': sign({ iss: 'nobody', sub: 'nobody' }),
    'in the future': sign({ nbf: now + 300 }),
  };
  for (const [name, assertion] of Object.entries(refused)) {
    assert.equal(await statusOf(service, await assertion), 401, name);
  }
  assert.equal(await statusOf(service, await sign({ aud: [service.issuer] })), 200);
  const tampered = (await sign()).replace(/.{8}$/, 'AAAAAAAA');
  assert.equal(await statusOf(service, tampered), 401);
  const [, payload] = (await sign()).split('.');
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
  assert.equal(await statusOf(service, unsigned), 401);
  for (const broken of ['x', 'a.b.c', '..']) assert.equal(await statusOf(service, broken), 400, broken);
});

test('an assertion for the token endpoint is taken only from an app that was switched', async () => {
  await using service = await openService();
  const aud = `${service.issuer}/connect/token`;
  const plain = await certified(service);
  assert.equal(await statusOf(service, await plain.sign({ aud })), 401);
  const switched = await certified(service, { acceptTokenEndpointAudience: true });
  assert.equal(await statusOf(service, await switched.sign({ aud })), 200);
  assert.equal(await statusOf(service, await switched.sign({})), 200);
});

test('a certificate that has ended, or whose app is disabled, opens nothing any more', async () => {
  await using service = await openService();
  const ended = await certified(service);
  service.advance(3 * 86_400_000);
  assert.equal(await statusOf(service, await ended.sign()), 401);
  service.advance(-3 * 86_400_000);
  assert.equal(await statusOf(service, await ended.sign()), 200);
  await service.auth.apps.disable(ended.app.id);
  assert.equal(await statusOf(service, await ended.sign()), 401);
});

async function certified(service: Service, over: { acceptTokenEndpointAudience?: boolean } = {}) {
  const { pem, privateKey } = await makeCertificate('ES256');
  const { app } = await service.auth.apps.add({ name: 'Certified', tenant, certificatePem: pem, ...over });
  const sign = (claims: { [name in keyof JWTPayload]: JWTPayload[name] | undefined } = {}) => {
    const exp = Math.floor(Date.now() / 1000) + 60;
    const whole = { iss: app.id, sub: app.id, aud: service.issuer, jti: randomUUID(), exp, ...claims };
    return new SignJWT(whole as JWTPayload).setProtectedHeader({ alg: 'ES256' }).sign(privateKey);
  };
  return { app, sign };
}

async function statusOf(service: Service, assertion: string): Promise<number> {
  const form = { grant_type: 'client_credentials', client_assertion_type: type, client_assertion: assertion };
  const answer = await service.post(form);
  await answer.text();
  return answer.status;
}
