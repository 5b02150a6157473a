import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeProtectedHeader } from 'jose';
import { openAuth } from '../../src/auth/auth.ts';
import { readWriteAll } from '../../src/domain/access.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { openService, type Service, signedIn } from './fixtures.ts';

test('keys survive a restart, and so do the tokens they signed', async () => {
  await using service = await openService();
  const { app, token } = await signedIn(service);
  const before = await publishedKids(service);
  await service.reopen();
  assert.deepEqual(await publishedKids(service), before);
  assert.equal((await service.auth.authenticate(`Bearer ${token}`, readWriteAll)).app, app.id);
});

test('after a rotation the new key signs, and the old one checks until its tokens have expired', async () => {
  await using service = await openService({ tokenSeconds: 600 });
  const { token, form } = await signedIn(service);
  const [old] = await publishedKids(service);
  await service.auth.rotateKeys();
  const [newest, ...others] = await publishedKids(service);
  assert.notEqual(newest, old);
  assert.deepEqual(others, [old]);
  const { access_token: fresh } = (await (await service.post(form)).json()) as { access_token: string };
  assert.deepEqual(
    [token, fresh].map((each) => decodeProtectedHeader(each).kid),
    [old, newest],
  );
  for (const each of [token, fresh]) assert.ok(await service.auth.authenticate(`Bearer ${each}`, readWriteAll));
  service.advance(700_000);
  assert.deepEqual(await publishedKids(service), [newest]);
  await service.auth.sweep();
  assert.equal(service.db.prepare('SELECT count(*) AS count FROM signing_key').get()?.count, 1);
});

test('the sweep makes a new key when one is due, and so does a start; two processes make one between them', async () => {
  await using service = await openService({ tokenSeconds: 600, signingKeyMs: 86_400_000 });
  const [first] = await publishedKids(service);
  service.advance(86_000_000);
  await service.auth.sweep();
  assert.deepEqual(await publishedKids(service), [first]);
  service.advance(500_000);
  await Promise.all([service.auth.sweep(), service.auth.sweep()]);
  const [second, ...others] = await publishedKids(service);
  assert.notEqual(second, first);
  assert.deepEqual(others, [first]);
  service.advance(87_000_000);
  await service.reopen();
  const [third, ...older] = await publishedKids(service);
  assert.notEqual(third, second);
  assert.deepEqual(older, [second]);
});

test('a rotation by another process counts at once, and two that start together agree on one key', async () => {
  await using service = await openService();
  service.db.exec('DELETE FROM signing_key');
  const settings = { issuer: service.issuer, tokenSeconds: 600, clock: systemClock };
  const [one] = await Promise.all([
    openAuth({ kind: 'sqlite', db: service.db }, settings),
    openAuth({ kind: 'sqlite', db: service.db }, settings),
  ]);
  const [first, ...others] = await publishedKids(service);
  assert.deepEqual(others, []);
  const { token } = await signedIn(service);
  assert.ok(await one.authenticate(`Bearer ${token}`, readWriteAll));
  await one.rotateKeys();
  const kids = await publishedKids(service);
  assert.equal(kids.length, 2);
  assert.equal(kids[1], first);
  assert.equal(decodeProtectedHeader((await signedIn(service)).token).kid, kids[0]);
});

async function publishedKids(service: Service): Promise<string[]> {
  const answer = await fetch(`${service.url}/.well-known/openid-configuration/jwks`);
  const { keys } = (await answer.json()) as { keys: { kid: string; d?: string }[] };
  assert.ok(keys.every((key) => key.d === undefined));
  return keys.map((key) => key.kid);
}
