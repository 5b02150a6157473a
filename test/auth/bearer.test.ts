import assert from 'node:assert/strict';
import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { test } from 'node:test';
import { decodeJwt, importJWK, type JWK, type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose';
import { readWriteAll } from '../../src/domain/access.ts';
import { Failure } from '../../src/domain/failure.ts';
import { openService, type Service, signedIn } from './fixtures.ts';

test('a token of ours is taken, with the scheme in any case, again and again', async () => {
  await using service = await openService();
  const { app, token } = await signedIn(service);
  for (const scheme of ['Bearer', 'bearer', 'BEARER', 'Bearer ']) {
    assert.equal((await service.auth.authenticate(`${scheme} ${token}`, readWriteAll)).app, app.id);
  }
  const forged = await (await signer(service))({});
  assert.equal(
    (await service.auth.authenticate(`Bearer ${forged}`, readWriteAll)).app,
    app.id,
    'the test signs as we do',
  );
});

test('no header is a missing token, and anything malformed an invalid one', async () => {
  await using service = await openService();
  const { token } = await signedIn(service);
  await assert.rejects(service.auth.authenticate(undefined, readWriteAll), isFailure('token_missing'));
  const headers = ['', 'Bearer', 'Bearer ', token, `Basic ${token}`, `Bearer ${token} x`, `Bearer ${token}, Bearer x`];
  for (const header of [...headers, 'Bearer x', 'Bearer a.b.c', `Bearer ${'x'.repeat(100_000)}`, 'Bearer é']) {
    await assert.rejects(
      service.auth.authenticate(header, readWriteAll),
      isFailure('token_invalid', 'malformed'),
      header,
    );
  }
});

test('a token that is changed, unsigned, confused or not for us is refused', async () => {
  await using service = await openService();
  const { token } = await signedIn(service);
  const sign = await signer(service);
  const [header, payload, signature] = token.split('.') as [string, string, string];
  const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const { kid, publicPem } = signingKey(service);
  const hmacInput = `${encoded({ alg: 'HS256', typ: 'at+jwt', kid })}.${payload}`;
  const now = Math.floor(Date.now() / 1000);
  const cases: [string, string | Promise<string>][] = [
    ['signature', `${header}.${payload}.${signature.slice(0, -6)}AAAAAA`],
    ['signature', `${header}.${encoded({ ...decodeJwt(token), tenant: 'other' })}.${signature}`],
    ['algorithm', `${encoded({ alg: 'none', typ: 'at+jwt', kid })}.${payload}.`],
    ['algorithm', `${hmacInput}.${createHmac('sha256', publicPem).update(hmacInput).digest('base64url')}`],
    ['algorithm', sign({}, { alg: 'PS256' })],
    ['issuer', sign({ iss: 'https://elsewhere.example.org' })],
    ['audience', sign({ aud: 'https://elsewhere.example.org' })],
    ['audience', sign({ aud: [service.issuer, 'https://elsewhere.example.org'] })],
    ['type', sign({}, { typ: 'JWT' })],
    ['type', sign({}, { typ: undefined })],
    ['expired', sign({ exp: now - 6 })],
    ['claims', sign({ exp: undefined })],
    ['claims', sign({ nbf: now + 60 })],
    ['claims', sign({ tenant: undefined })],
    ['app', sign({ tenant: 'other' })],
    ['app', sign({ client_id: 'nobody' })],
    ['key', sign({}, { kid: 'other' })],
    ['key', sign({}, { kid: undefined })],
    ['signature', (await signer(service, generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey))({})],
  ];
  for (const [reason, bad] of cases) {
    const attempt = service.auth.authenticate(`Bearer ${await bad}`, readWriteAll);
    await assert.rejects(attempt, isFailure('token_invalid', reason), reason);
  }
  assert.ok(
    await service.auth.authenticate(`Bearer ${await sign({ exp: now - 3 })}`, readWriteAll),
    'clocks may differ',
  );
});

test('a token without the scope is another failure than a bad token', async () => {
  await using service = await openService();
  await signedIn(service);
  const sign = await signer(service);
  for (const scope of [undefined, '', 'openid', `${readWriteAll}.not`]) {
    const attempt = service.auth.authenticate(`Bearer ${await sign({ scope })}`, readWriteAll);
    await assert.rejects(attempt, isFailure('scope_missing'));
  }
});

test('a token that was taken before is refused once it has expired', async () => {
  await using service = await openService({ tokenSeconds: 60 });
  const { token } = await signedIn(service);
  const call = () => service.auth.authenticate(`Bearer ${token}`, readWriteAll);
  await call();
  service.advance(55_000);
  await call();
  service.advance(11_000);
  await assert.rejects(call(), isFailure('token_invalid', 'expired'));
  await service.auth.sweep();
  await assert.rejects(call(), isFailure('token_invalid', 'expired'));
});

test('nothing of a token is in the failure that refuses it', async () => {
  await using service = await openService();
  const { token } = await signedIn(service);
  const failure = await service.auth.authenticate(`Bearer ${token}x`, readWriteAll).catch((error: unknown) => error);
  assert.ok(failure instanceof Failure);
  const told = `${failure.stack} ${JSON.stringify(failure.facts)} ${String(failure.cause)}`;
  for (const part of token.split('.')) assert.ok(!told.includes(part));
});

/** The key that the service signs with, read from its table. */
function signingKey(service: Service) {
  const row = service.db.prepare('SELECT private_jwk FROM signing_key WHERE retired_ms IS NULL').get();
  const jwk = JSON.parse(row?.private_jwk as string) as JWK & { kid: string };
  const publicPem = createPublicKey({ key: { ...jwk } as never, format: 'jwk' }).export({
    type: 'spki',
    format: 'pem',
  });
  return { kid: jwk.kid, jwk, publicPem };
}

/** Signs tokens like the service's own, but for what the test changes. */
async function signer(service: Service, key?: KeyObject) {
  const { kid, jwk } = signingKey(service);
  const app = (await service.auth.apps.list())[0]!;
  return async (claims: Record<string, unknown>, header: { [name: string]: string | undefined } = {}) => {
    const now = Math.floor(Date.now() / 1000);
    const own = {
      iss: service.issuer,
      aud: service.issuer,
      client_id: app.id,
      scope: readWriteAll,
      tenant: app.tenant,
    };
    const whole = { ...own, iat: now, exp: now + 60, jti: 'j', ...claims };
    const whose = { alg: 'RS256', typ: 'at+jwt', kid, ...header };
    const { alg: _, ...rest } = jwk;
    const signingWith = key ?? (await importJWK(rest, whose.alg));
    return new SignJWT(whole as JWTPayload).setProtectedHeader(whose as JWTHeaderParameters).sign(signingWith);
  };
}

function isFailure(code: string, reason?: string) {
  return (error: unknown) => {
    assert.ok(error instanceof Failure);
    assert.equal(error.code, code);
    if (reason !== undefined) assert.equal(error.facts.reason, reason);
    return true;
  };
}
