import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Failure } from '../../src/domain/failure.ts';
import { ClickHouseEngine } from '../../src/store/engine/clickhouse/clickhouse.ts';
import { TestClickHouse } from '../clickhouse/server.ts';
import { engineContract } from './engine.ts';

const scratch = mkdtempSync(join(tmpdir(), 'trailport-engine-'));
let server: TestClickHouse;
before(async () => {
  server = await TestClickHouse.start();
});
after(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(scratch, { recursive: true });
});

const open = () => ClickHouseEngine.open({ url: server.url, scratch });
engineContract(async () => open());

const isAway = (error: Failure) => error.code === 'activities_unreachable';
const never = new AbortController().signal;

test('a server that is away is a failure that says so, and what is asked when it is back is answered', async () => {
  await using engine = open();
  await using session = engine.connect();
  await session.run('CREATE TEMPORARY TABLE own (n UInt8) ENGINE = Memory');
  await server.stop();
  await assert.rejects(engine.run('SELECT 1'), isAway);
  await assert.rejects(engine.rows('SELECT 1'), isAway);
  await assert.rejects(engine.rowsApart('SELECT 1', {}, 1000, never), isAway);
  await assert.rejects(session.rows('SELECT * FROM own'), isAway);
  const query = { sql: 'SELECT 1', bindings: {}, format: 'Native' } as const;
  await assert.rejects(Array.fromAsync(engine.stream(query, never)), isAway);
  await server.resume();
  assert.deepEqual((await engine.rows<[number]>('SELECT 1')).flat(), [1]);
  // Its tables went with the server, so it does not answer as if they were empty.
  await assert.rejects(session.rows('SELECT * FROM own'), isAway);
});

test('a session that another process ends changes nothing any more', async () => {
  await using engine = open();
  await using session = engine.connect();
  await using other = open();
  await engine.run('CREATE DATABASE IF NOT EXISTS ended');
  await engine.run('CREATE TABLE ended.rows (n UInt64) ENGINE = MergeTree ORDER BY n');
  await session.run('CREATE TEMPORARY TABLE own (n UInt64) ENGINE = Memory');
  await session.run('INSERT INTO own SELECT number FROM numbers(10)');
  const slow = session.run('INSERT INTO ended.rows SELECT n + sleepEachRow(0.2) FROM own SETTINGS max_block_size = 1');
  slow.catch(() => undefined);
  const running = `SELECT count() FROM system.processes WHERE startsWith(query_id, '${session.session}')`;
  while (Number((await other.rows<[string | number]>(running))[0]![0]) === 0);
  await other.endSession(session.session!);
  await assert.rejects(slow, isAway);
  const count = async () => Number((await other.rows<[string | number]>('SELECT count() FROM ended.rows'))[0]![0]);
  const before = await count();
  await assert.rejects(session.run('INSERT INTO ended.rows VALUES (99)'), isAway);
  assert.equal(await count(), before);
  await other.endSession(session.session!);
  await other.endSession('never there');
});

test('a stream whose server ends in the middle is not complete', async () => {
  await using engine = open();
  const query = { sql: 'SELECT number FROM numbers(10000000000)', bindings: {}, format: 'Native' } as const;
  await assert.rejects(async () => {
    for await (const _ of engine.stream(query, never)) await server.stop();
  }, isAway);
  await server.resume();
});
