import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { ChdbEngine } from '../../src/store/engine/chdb/chdb.ts';
import { activity } from './activities.ts';
import { job } from './fixtures.ts';
import { storeForFile } from './store-for-file.ts';

const { store, directory, someTenant } = await storeForFile();

/** The kinds of parts that hold the originals of the store. */
async function kindsOfParts(): Promise<string[]> {
  await using engine = new ChdbEngine(join(directory, 'engine'));
  const sql = `SELECT DISTINCT part_type FROM system.parts
               WHERE active AND database = 'trailport' AND table = 'activity' ORDER BY part_type`;
  return (await engine.rows<[string]>(sql)).flat();
}

test('a small write is one file; few large originals have a file for each column, so that merging them takes little memory', async () => {
  const tenant = someTenant();
  await store.add(tenant, job(1), [activity(1), activity(2)]);
  assert.deepEqual(await kindsOfParts(), ['Compact']);
  const large = [3, 4].map((id) => activity(id, { raw: JSON.stringify({ text: 'x'.repeat(10_000_000) }) }));
  await store.add(tenant, job(2), large);
  assert.ok((await kindsOfParts()).includes('Wide'));
});
