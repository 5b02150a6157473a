import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import { test } from 'node:test';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import * as client from 'openid-client';
import { readWriteAll } from '../../src/domain/access.ts';
import { basic, openService, type Service, signedIn, tenant } from './fixtures.ts';

const insecure = { execute: [client.allowInsecureRequests] };

test('an OAuth client finds its way by discovery and gets a token with its secret, in the body and by Basic', async () => {
  await using service = await openService();
  const { app, secret } = await service.auth.apps.add({ name: 'Compliance', tenant });
  for (const method of [client.ClientSecretPost, client.ClientSecretBasic]) {
    const found = await client.discovery(new URL(service.url), app.id, undefined, method(secret!), insecure);
    const answer = await client.clientCredentialsGrant(found, { scope: readWriteAll });
    assert.equal(answer.token_type, 'bearer');
    assert.equal(answer.expires_in, 3600);
    assert.equal(answer.scope, readWriteAll);
    const caller = await service.auth.authenticate(`Bearer ${answer.access_token}`, readWriteAll);
    assert.deepEqual(caller, { tenant, app: app.id, scopes: [readWriteAll] });
  }
  assert.deepEqual(service.signIns, [
    { app: app.id, result: 'granted' },
    { app: app.id, result: 'granted' },
  ]);
});

test('the answer and the token hold exactly what the wire says', async () => {
  await using service = await openService({ tokenSeconds: 600 });
  const { app, form } = await signedIn(service);
  const answer = await service.post(form);
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('cache-control'), 'no-store');
  const body = (await answer.json()) as Record<string, string>;
  assert.deepEqual(Object.keys(body).sort(), ['access_token', 'expires_in', 'scope', 'token_type']);
  assert.equal(body.token_type, 'Bearer');
  const header = decodeProtectedHeader(body.access_token!);
  assert.deepEqual([header.alg, header.typ], ['RS256', 'at+jwt']);
  const { iat, exp, jti, ...claims } = decodeJwt(body.access_token!);
  assert.equal(exp! - iat!, 600);
  assert.ok(jti!.length > 20);
  const expected = { iss: service.url, aud: service.url, sub: app.id, client_id: app.id, tenant, scope: readWriteAll };
  assert.deepEqual(claims, expected);
});

test('discovery says what is true and takes its addresses from the issuer, never from the Host header', async () => {
  await using service = await openService({ issuer: 'https://trailport.example.org' });
  const answer = await fetch(`${service.url}/.well-known/openid-configuration`, {
    headers: { 'x-forwarded-host': 'evil' },
  });
  assert.deepEqual(await answer.json(), {
    issuer: 'https://trailport.example.org',
    token_endpoint: 'https://trailport.example.org/connect/token',
    jwks_uri: 'https://trailport.example.org/.well-known/openid-configuration/jwks',
    grant_types_supported: ['client_credentials'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: ['RS256', 'PS256', 'ES256'],
    response_types_supported: [],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    scopes_supported: [readWriteAll],
  });
  const { keys } = (await (await fetch(`${service.url}/.well-known/openid-configuration/jwks`)).json()) as {
    keys: object[];
  };
  assert.deepEqual(
    keys.map((key) => Object.keys(key).sort()),
    [['alg', 'e', 'kid', 'kty', 'n', 'use']],
  );
});

test('every refusal is as RFC 6749 §5.2 says, in JSON, also for a browser', async () => {
  await using service = await openService();
  const { form, app } = await signedIn(service);
  const cases: [Record<string, string | undefined>, number, string][] = [
    [{ ...form, client_secret: 'wrong' }, 401, 'invalid_client'],
    [{ ...form, client_secret: undefined }, 401, 'invalid_client'],
    [{ ...form, client_id: undefined }, 400, 'invalid_request'],
    [{ ...form, grant_type: undefined }, 400, 'invalid_request'],
    [{ ...form, grant_type: 'password' }, 400, 'unsupported_grant_type'],
    [{ ...form, grant_type: 'authorization_code' }, 400, 'unsupported_grant_type'],
    [{ ...form, scope: 'insights.graph.read' }, 400, 'invalid_scope'],
    [{ ...form, scope: `${readWriteAll} openid` }, 400, 'invalid_scope'],
    [{ ...form, resource: 'https://elsewhere.example.org' }, 400, 'invalid_target'],
    [{}, 400, 'invalid_request'],
  ];
  for (const [sent, status, error] of cases) {
    const answer = await service.post(sent, { accept: 'text/html' });
    const body = (await answer.json()) as Record<string, string>;
    assert.deepEqual([answer.status, body.error], [status, error], JSON.stringify({ ...sent, client_secret: '' }));
    assert.match(answer.headers.get('content-type')!, /^application\/json/);
    assert.equal(answer.headers.get('cache-control'), 'no-store');
    assert.ok(body.error_description!.length > 0);
  }
  const byBasic = await service.post({ grant_type: 'client_credentials' }, basic(app.id, 'wrong'));
  assert.equal(byBasic.status, 401);
  assert.match(byBasic.headers.get('www-authenticate')!, /^Basic realm="/);
  const defaulted = (await (await service.post(form)).json()) as Record<string, string>;
  assert.equal(defaulted.scope, readWriteAll, 'no scope asked for is the one there is');
  assert.deepEqual(service.errors, []);
});

test('other methods, bodies and addresses are refused', async () => {
  await using service = await openService();
  const token = `${service.url}/connect/token`;
  const get = await fetch(token);
  assert.deepEqual([get.status, get.headers.get('allow')], [405, 'POST, OPTIONS']);
  const json = await fetch(token, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } });
  assert.equal(json.status, 400);
  const large = await service.post({ grant_type: 'client_credentials', client_id: 'x'.repeat(100_000) });
  assert.equal(large.status, 400);
  for (const path of ['/auth', '/session/end', '/me', '/connect/token/', '/CONNECT/token']) {
    assert.equal((await fetch(service.url + path)).status, 404, path);
  }
});

test('an unknown client, a disabled one and a wrong secret get the same answer', async () => {
  await using service = await openService();
  const { form, app } = await signedIn(service);
  const wrong = await plain(service.post({ ...form, client_secret: 'wrong' }));
  const unknown = { ...form, client_id: crypto.randomUUID(), client_secret: 'wrong' };
  assert.deepEqual(await plain(service.post(unknown)), wrong);
  await service.auth.apps.disable(app.id);
  assert.deepEqual(await plain(service.post(form)), wrong);
  assert.equal(wrong.status, 401);
});

test('starting prints nothing', () => {
  const at = (path: string) => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href);
  const script = `
    import { openAuth } from ${at('auth/auth.ts')};
    import { systemClock } from ${at('kit/clock.ts')};
    import { openSqlite } from ${at('kit/sqlite/sqlite.ts')};
    await openAuth({ kind: 'sqlite', db: openSqlite(':memory:', 0) }, { issuer: 'http://localhost', tokenSeconds: 60, clock: systemClock });
    console.log('opened');`;
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  assert.deepEqual([run.stdout, run.stderr], ['opened\n', '']);
});

test('an error inside goes to the log, not to the console', async (t) => {
  const printed = (['log', 'info', 'warn', 'error'] as const).map((name) => t.mock.method(console, name, () => {}));
  await using service = await openService();
  const { form } = await signedIn(service);
  // What is remembered of the table is forgotten at the next write.
  service.db.exec("DROP TABLE app; INSERT INTO used_assertion (id, until_s) VALUES ('a', 1)");
  const answer = await service.post(form);
  assert.equal(answer.status, 500);
  assert.deepEqual(Object.keys((await answer.json()) as object).sort(), ['error', 'error_description']);
  assert.equal(service.errors.length, 1);
  assert.ok(!String(service.errors[0]).includes(form.client_secret));
  assert.equal(
    printed.reduce((calls, { mock }) => calls + mock.callCount(), 0),
    0,
  );
});

async function plain(answer: ReturnType<Service['post']>) {
  const { status, headers } = await answer;
  const { date: _, ...kept } = Object.fromEntries(headers);
  return { status, headers: kept, body: await (await answer).text() };
}
