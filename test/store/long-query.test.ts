import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ChdbEngine } from '../../src/store/engine/chdb/chdb.ts';

/** Hours of work for any machine. */
const endless = 'SELECT count() FROM numbers(1000000000000000) WHERE cityHash64(number) % 3 = {rest:UInt8}';
const directory = mkdtempSync(join(tmpdir(), 'trailport-'));
const engine = new ChdbEngine(directory);
after(async () => {
  await engine[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

async function running(): Promise<number> {
  const found = await engine.rows(
    "SELECT 1 FROM system.processes WHERE query LIKE '%cityHash64%' AND query NOT LIKE '%system%'",
  );
  return found.length;
}

test('a long query ends in the engine when its caller leaves, and others are answered meanwhile', async () => {
  const left = new AbortController();
  const asked = engine.rowsApart(endless, { rest: 1 }, 600_000, left.signal);
  while ((await running()) === 0);
  assert.deepEqual(await engine.rows('SELECT 7'), [[7]]);
  left.abort(new Error('left'));
  await assert.rejects(asked, /left/);
  assert.equal(await running(), 0);
});

test('a long query ends at its time limit, with a sentence; a short one is answered', async () => {
  await assert.rejects(engine.rowsApart(endless, { rest: 1 }, 300, new AbortController().signal), {
    code: 'count_timeout',
  });
  assert.equal(await running(), 0);
  assert.deepEqual(await engine.rowsApart('SELECT 5', {}, 10_000, new AbortController().signal), [[5]]);
});
