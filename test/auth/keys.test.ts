import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeProtectedHeader } from 'jose';
import { openAuth } from '../../src/auth/auth.ts';
import { readWriteAll } from '../../src/domain/access.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { openRoom, type Room, signedIn } from './fixtures.ts';

test('keys survive a restart, and so do the tokens they signed', async () => {
  await using room = await openRoom();
  const { app, token } = await signedIn(room);
  const before = await publishedKids(room);
  await room.reopen();
  assert.deepEqual(await publishedKids(room), before);
  assert.equal((await room.auth.authenticate(`Bearer ${token}`, readWriteAll)).app, app.id);
});

test('after a rotation the new key signs, and the old one checks until its tokens have expired', async () => {
  await using room = await openRoom({ tokenSeconds: 600 });
  const { token, form } = await signedIn(room);
  const [old] = await publishedKids(room);
  await room.auth.rotateKeys();
  const [newest, ...others] = await publishedKids(room);
  assert.notEqual(newest, old);
  assert.deepEqual(others, [old]);
  const { access_token: fresh } = (await (await room.post(form)).json()) as { access_token: string };
  assert.deepEqual(
    [token, fresh].map((each) => decodeProtectedHeader(each).kid),
    [old, newest],
  );
  for (const each of [token, fresh]) assert.ok(await room.auth.authenticate(`Bearer ${each}`, readWriteAll));
  room.advance(700_000);
  assert.deepEqual(await publishedKids(room), [newest]);
  await room.auth.sweep();
  assert.equal(room.db.prepare('SELECT count(*) AS count FROM signing_key').get()?.count, 1);
});

test('the sweep makes a new key when one is due, and so does a start; two processes make one between them', async () => {
  await using room = await openRoom({ tokenSeconds: 600, signingKeyMs: 86_400_000 });
  const [first] = await publishedKids(room);
  room.advance(86_000_000);
  await room.auth.sweep();
  assert.deepEqual(await publishedKids(room), [first]);
  room.advance(500_000);
  await Promise.all([room.auth.sweep(), room.auth.sweep()]);
  const [second, ...others] = await publishedKids(room);
  assert.notEqual(second, first);
  assert.deepEqual(others, [first]);
  room.advance(87_000_000);
  await room.reopen();
  const [third, ...older] = await publishedKids(room);
  assert.notEqual(third, second);
  assert.deepEqual(older, [second]);
});

test('a rotation by another process counts at once, and two that start together agree on one key', async () => {
  await using room = await openRoom();
  room.db.exec('DELETE FROM signing_key');
  const settings = { issuer: room.issuer, tokenSeconds: 600, clock: systemClock };
  const [one] = await Promise.all([openAuth(room.db, settings), openAuth(room.db, settings)]);
  const [first, ...others] = await publishedKids(room);
  assert.deepEqual(others, []);
  const { token } = await signedIn(room);
  assert.ok(await one.authenticate(`Bearer ${token}`, readWriteAll));
  await one.rotateKeys();
  const kids = await publishedKids(room);
  assert.equal(kids.length, 2);
  assert.equal(kids[1], first);
  assert.equal(decodeProtectedHeader((await signedIn(room)).token).kid, kids[0]);
});

async function publishedKids(room: Room): Promise<string[]> {
  const answer = await fetch(`${room.url}/.well-known/openid-configuration/jwks`);
  const { keys } = (await answer.json()) as { keys: { kid: string; d?: string }[] };
  assert.ok(keys.every((key) => key.d === undefined));
  return keys.map((key) => key.kid);
}
