import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openApps, previousSecretMs } from '../../src/auth/auth.ts';
import { readWriteAll } from '../../src/domain/access.ts';
import { Failure, type FailureCode } from '../../src/domain/failure.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { makeCertificate } from './certificates.ts';
import { openService, signedIn, tenant } from './fixtures.ts';

test('a secret is 256 random bits, is shown once, and only its hash is stored', async () => {
  await using service = await openService();
  const { app, secret } = await service.auth.apps.add({ name: '  Compliance ', tenant });
  assert.match(secret!, /^[A-Za-z0-9_-]{43}$/);
  assert.notEqual((await service.auth.apps.add({ name: 'Other', tenant })).secret, secret);
  assert.match(app.id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.deepEqual([app.name, app.tenant, app.disabledAtMs], ['Compliance', tenant, null]);
  assert.deepEqual(app.credential, { kind: 'secret', previousUntilMs: null });
  assert.deepEqual(await service.auth.apps.find(app.id), app);
  assert.deepEqual((await service.auth.apps.list())[0], app);
  const stored = JSON.stringify(service.db.prepare('SELECT * FROM app').all(), (_name, value) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
  );
  assert.ok(!stored.includes(secret!) && !stored.includes(Buffer.from(secret!, 'base64url').toString('latin1')));
});

test('while a secret is rotated two are valid, then one', async () => {
  await using service = await openService();
  const { app, form, secret } = await signedIn(service);
  const works = async (presented: string) => (await service.post({ ...form, client_secret: presented })).status === 200;
  const second = await service.auth.apps.rotate(app.id);
  assert.deepEqual([await works(secret), await works(second.secret)], [true, true]);
  const { credential } = second.app;
  assert.ok(credential.kind === 'secret' && credential.previousUntilMs! > Date.now() + previousSecretMs - 60_000);

  const third = await service.auth.apps.rotate(app.id);
  const all = async () => [await works(secret), await works(second.secret), await works(third.secret)];
  assert.deepEqual(await all(), [false, true, true], 'the oldest of three is dropped');

  service.advance(previousSecretMs);
  assert.deepEqual(await all(), [false, false, true], 'and the previous one after a day');
  assert.deepEqual((await service.auth.apps.find(app.id)).credential, { kind: 'secret', previousUntilMs: null });
});

test('an app that is disabled by another process is refused at once, its tokens too', async () => {
  await using service = await openService();
  const { app, form, token } = await signedIn(service);
  assert.equal((await service.auth.authenticate(`Bearer ${token}`, readWriteAll)).app, app.id);
  const commandLine = await openApps({ kind: 'sqlite', db: service.db }, systemClock);
  assert.ok((await commandLine.disable(app.id)).disabledAtMs! > 0);
  await assert.rejects(service.auth.authenticate(`Bearer ${token}`, readWriteAll), failure('token_invalid', /app/));
  assert.equal((await service.post(form)).status, 401);
  const { disabledAtMs } = await commandLine.find(app.id);
  service.advance(1000);
  assert.equal((await service.auth.apps.disable(app.id)).disabledAtMs, disabledAtMs, 'disabling again changes nothing');
  await assert.rejects(commandLine.rotate(app.id), failure('parameter_invalid', /is disabled/));
});

test('an unknown app is said to be unknown', async () => {
  await using service = await openService();
  for (const call of ['find', 'rotate', 'disable'] as const) {
    const called = service.auth.apps[call]('nobody');
    await assert.rejects(called, failure('app_unknown', /nobody; see: trailport app list/));
  }
  for (const name of ['', '   ', 'a\nb', 'x'.repeat(201)]) {
    await assert.rejects(service.auth.apps.add({ name, tenant }), failure('parameter_invalid', /^name must be/));
  }
});

test('a certificate that cannot be used is refused with what it is and what was expected', async () => {
  await using service = await openService();
  const add = (certificatePem: string) => service.auth.apps.add({ name: 'Certified', tenant, certificatePem });
  const good = await makeCertificate('RS256');
  const cases: [string, RegExp][] = [
    ['', /not a PEM certificate/],
    ['hello', /not a PEM certificate/],
    [good.pem.slice(0, 300), /cannot be read/],
    [good.pem.replace(/[A-Za-z0-9+/]{20}/, 'AAAA'), /cannot be read/],
    [`${good.pem}\n${good.pem}`, /holds 2 certificates/],
    [`${good.pem}\n${good.privatePem}`, /holds a private key/],
    [(await makeCertificate('RSA-1024')).pem, /RSA key has 1024 bits/],
    [(await makeCertificate('ES384')).pem, /EC key is on secp384r1/],
    [(await makeCertificate('Ed25519')).pem, /of type ed25519/],
    [(await makeCertificate('ES256', { from: new Date(0), until: new Date(86_400_000) })).pem, /ended on 1970-01-02/],
    [
      (await makeCertificate('ES256', { from: new Date('2090-01-01'), until: new Date('2091-01-01') })).pem,
      /2090-01-01/,
    ],
  ];
  for (const [pem, why] of cases) {
    await assert.rejects(add(pem), failure('parameter_invalid', why));
    await assert.rejects(add(pem), failure('parameter_invalid', /expected one X\.509 certificate in PEM form/));
  }
  assert.equal((await service.auth.apps.list()).length, 0, 'nothing is left behind');
  const { app, secret } = await add(good.pem);
  assert.ok(secret === null && app.credential.kind === 'certificate' && /^[0-9A-F]{64}$/.test(app.credential.sha256));
  await assert.rejects(service.auth.apps.rotate(app.id), failure('parameter_invalid', /has no secret/));
});

function failure(code: FailureCode, message: RegExp) {
  return (error: unknown) => error instanceof Failure && error.code === code && message.test(error.message);
}
