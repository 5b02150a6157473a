import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { importJWK, type JWK, SignJWT } from 'jose';
import * as client from 'openid-client';
import { openApps } from '../../src/auth/auth.ts';
import { readWriteAll } from '../../src/domain/access.ts';
import type { TenantId } from '../../src/domain/ids.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { makeCertificate } from '../auth/certificates.ts';
import { tokenBySecret, Wire } from './wire.ts';

let wire: Wire;
before(async () => {
  wire = await Wire.open();
});
after(() => wire[Symbol.asyncDispose]());

const insecure = { execute: [client.allowInsecureRequests] };

/** Whether the API takes the token. */
async function opens(token: string): Promise<number> {
  const answer = await wire.call('GET /insights/jobs', { authorization: `Bearer ${token}` });
  await answer.text();
  return answer.status;
}

function form(members: Record<string, string>, headers: Record<string, string> = {}): Promise<Response> {
  const { program } = wire;
  return fetch(`${program.url}/connect/token`, { method: 'POST', body: new URLSearchParams(members), headers });
}

test('1.1 client_secret in the body or by HTTP Basic: 200 {access_token, token_type, expires_in, scope}', async () => {
  const { clientId, clientSecret, scope } = wire.program.credentials;
  const grant = { grant_type: 'client_credentials', scope };
  const basic = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`;
  for (const answer of [
    await form({ ...grant, client_id: clientId, client_secret: clientSecret }),
    await form(grant, { authorization: basic }),
  ]) {
    assert.equal(answer.status, 200);
    assert.ok(answer.headers.has('x-request-id'));
    const { access_token, ...rest } = (await answer.json()) as Record<string, unknown>;
    assert.deepEqual(rest, { token_type: 'Bearer', expires_in: 3600, scope: 'insights.graph.readwrite.all' });
    assert.equal(await opens(String(access_token)), 200);
  }
});

test('1.1 an OAuth client starts with discovery at the host of the API, and gets a token by secret', async () => {
  const { server, clientId, clientSecret } = wire.program.credentials;
  assert.equal(await opens(await tokenBySecret(server, clientId, clientSecret)), 200);
});

for (const alg of ['RS256', 'PS256', 'ES256'] as const) {
  test(`1.1 an OAuth client gets a token by certificate, ${alg}`, async () => {
    const { pem, privateKey } = await makeCertificate(alg);
    const apps = await openApps({ kind: 'sqlite', db: wire.database }, systemClock);
    const { app } = await apps.add({ name: alg, tenant: 'contoso' as TenantId, certificatePem: pem });
    const server = new URL(wire.program.url);
    const found = await client.discovery(server, app.id, undefined, client.PrivateKeyJwt(privateKey), insecure);
    const { access_token } = await client.clientCredentialsGrant(found, { scope: readWriteAll });
    assert.equal(await opens(access_token), 200);
  });
}

test("1.1 aud may be the token endpoint's URL for an app for which that is switched on, and for no other", async () => {
  const { pem, privateKey } = await makeCertificate('RS256');
  const server = new URL(wire.program.url);
  const endpoint = `${wire.program.url}/connect/token`;
  for (const accepted of [true, false]) {
    const apps = await openApps({ kind: 'sqlite', db: wire.database }, systemClock);
    const { app } = await apps.add({
      name: `switched ${accepted}`,
      tenant: 'contoso' as TenantId,
      certificatePem: pem,
      acceptTokenEndpointAudience: accepted,
    });
    const original = client.PrivateKeyJwt(privateKey, {
      [client.modifyAssertion]: (_header, payload) => {
        payload.aud = endpoint;
      },
    });
    const found = await client.discovery(server, app.id, undefined, original, insecure);
    const grant = client.clientCredentialsGrant(found, { scope: readWriteAll });
    if (accepted) assert.equal(await opens((await grant).access_token), 200);
    else await assert.rejects(grant, { error: 'invalid_client' });
  }
});

test('1.1 errors as RFC 6749 §5.2', async () => {
  const { clientId, clientSecret, scope } = wire.program.credentials;
  const good = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret, scope };
  const { grant_type: _, ...noGrant } = good;
  const { client_secret: __, ...noSecret } = good;
  for (const [members, status, error] of [
    [{ ...good, client_secret: 'wrong' }, 401, 'invalid_client'],
    [{ ...good, client_id: 'nobody' }, 401, 'invalid_client'],
    [{ ...good, scope: 'everything' }, 400, 'invalid_scope'],
    [{ ...good, grant_type: 'password' }, 400, 'unsupported_grant_type'],
    [noGrant, 400, 'invalid_request'],
    [noSecret, 401, 'invalid_client'],
  ] as const) {
    const answer = await form(members);
    const body = (await answer.json()) as { error: string };
    assert.deepEqual([answer.status, body.error], [status, error], JSON.stringify(Object.keys(members)));
    assert.equal(answer.headers.get('cache-control'), 'no-store');
  }
});

test('1.1 discovery names the issuer, the token endpoint and the keys, and the keys are there', async () => {
  const found = await (await fetch(`${wire.program.url}/.well-known/openid-configuration`)).json();
  const { issuer, token_endpoint, jwks_uri } = found as Record<string, string>;
  assert.deepEqual([issuer, token_endpoint], [wire.program.url, `${wire.program.url}/connect/token`]);
  const { keys } = (await (await fetch(String(jwks_uri))).json()) as { keys: JWK[] };
  assert.ok(keys.length > 0);
  for (const key of keys) assert.ok(key.d === undefined && key.k === undefined, 'only public keys');
});

const guarded = [
  'GET /insights/users/a%40b.c/activities/export',
  'GET /insights/activities/object/x/export',
  'GET /insights/google/users/a%40b.c/activities/export',
  'GET /insights/google/activities/object/x/export',
  'GET /insights/job/1/exportstatus',
  'GET /insights/job/1/exportfile',
  'HEAD /insights/job/1/exportfile',
  'POST /insights/exports',
  'POST /insights/imports',
  'GET /insights/jobs',
  'GET /insights/job/1',
  'DELETE /insights/job/1',
  'GET /insights/job/1/rejects',
];

for (const request of guarded) {
  test(`1.1 no or bad token: 401 with WWW-Authenticate; without the scope: 403 | ${request}`, async () => {
    for (const authorization of ['none', 'Bearer x', 'Basic eDp5', `Bearer ${await unscoped('other-issuer')}`]) {
      const answer = await wire.call(request, { authorization });
      assert.equal(answer.status, 401);
      assert.equal(answer.headers.get('www-authenticate'), 'Bearer error="invalid_token"');
      await answer.text();
    }
    const answer = await wire.call(request, { authorization: `Bearer ${await unscoped(wire.program.url)}` });
    assert.equal(answer.status, 403);
    if (!request.startsWith('HEAD')) assert.equal(((await answer.json()) as { code: string }).code, 'scope_missing');
  });
}

/** A token signed by the service's own key that names no scope: its token endpoint gives none away. */
async function unscoped(issuer: string): Promise<string> {
  const row = wire.database.prepare('SELECT private_jwk FROM signing_key WHERE retired_ms IS NULL').get();
  const { alg: _, ...jwk } = JSON.parse(String(row?.private_jwk)) as JWK;
  const { clientId, tenant } = wire.program.credentials;
  return new SignJWT({ client_id: clientId, tenant, scope: '', jti: 'j' })
    .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: String(jwk.kid) })
    .setIssuer(issuer)
    .setAudience(issuer)
    .setIssuedAt()
    .setExpirationTime('1m')
    .sign(await importJWK(jwk, 'RS256'));
}
