import assert from 'node:assert/strict';
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openSqlite } from '../../src/kit/sqlite/sqlite.ts';
import { ChdbEngine } from '../../src/store/engine/chdb/chdb.ts';
import { Store } from '../../src/store/store.ts';
import { activity } from './activities.ts';
import { everything, job, rowsOf } from './fixtures.ts';

const root = mkdtempSync(join(tmpdir(), 'trailport-'));
const whole = join(root, 'whole');
after(() => rmSync(root, { recursive: true }));
before(async () => {
  await using store = await Store.open(whole);
  const many = Array.from({ length: 3000 }, (_, i) => activity(i));
  await store.add(everything.tenant, job(1), many);
  await store.add(everything.tenant, job(1), [activity(1, { raw: JSON.stringify({ richer: 'x'.repeat(99) }) })]);
});

/** A copy of the store after `damage` was done to the directory of a table's largest part. */
async function damaged(
  name: string,
  damage: (part: string, engine: string) => void,
  table = 'activity',
): Promise<string> {
  const directory = join(root, name);
  cpSync(whole, directory, { recursive: true });
  const engine = join(directory, 'engine');
  const { uuid } = /UUID '(?<uuid>[^']+)'/.exec(readFileSync(definitionOf(engine, table), 'utf8'))!.groups!;
  // Wide parts have a file for each column, compact ones a single `data.bin`.
  const files = globSync(`store/*/${uuid}/*/data.bin`, { cwd: engine });
  files.sort((a, b) => sizeOf(engine, b) - sizeOf(engine, a));
  assert.ok(files.length > 0, 'no part was found');
  damage(join(engine, files[0]!, '..'), engine);
  return directory;
}

function definitionOf(engine: string, table: string): string {
  const patterns = [`metadata/trailport*/${table}.sql`, `store/*/*/${table}.sql`];
  return join(engine, globSync(patterns, { cwd: engine })[0]!);
}

function sizeOf(engine: string, file: string): number {
  return statSync(join(engine, file)).size;
}

/** Opens, reads everything and proves it; answers with the code of the first error. */
async function codeOf(directory: string): Promise<string> {
  let store: Store;
  try {
    store = await Store.open(directory);
  } catch (error) {
    return (error as { code: string }).code;
  }
  try {
    using snapshot = await store.snapshot(everything);
    const rows = await rowsOf(snapshot, ['activityId', 'raw', 'item', 'object']);
    await store.prove(everything.tenant);
    return `${rows.length} rows`;
  } catch (error) {
    return (error as { code: string }).code;
  } finally {
    await store[Symbol.asyncDispose]();
  }
}

test('a store that is whole opens and has its rows', async () => {
  assert.equal(await codeOf(await damaged('untouched', () => undefined)), '3000 rows');
});

const damages = {
  'cut short': (part: string) => truncateSync(join(part, 'data.bin'), 1000),
  'overwritten in its middle': (part: string) => overwrite(join(part, 'data.bin')),
  empty: (part: string) => truncateSync(join(part, 'data.bin'), 0),
  'without its data': (part: string) => rmSync(join(part, 'data.bin')),
  'without its list of columns': (part: string) => rmSync(join(part, 'columns.txt')),
  gone: (part: string) => rmSync(part, { recursive: true }),
};

test('a part of the store that is damaged or gone is store_damaged, never fewer rows, the second time too', async () => {
  for (const [what, damage] of Object.entries(damages)) {
    const directory = await damaged(what, damage);
    assert.equal(await codeOf(directory), 'store_damaged', what);
    assert.equal(await codeOf(directory), 'store_damaged', what);
  }
});

test('a copy that is damaged or gone is store_damaged too', async () => {
  for (const table of ['by_user', 'by_object', 'identity']) {
    for (const what of ['overwritten in its middle', 'gone'] as const) {
      const directory = await damaged(`${table} ${what}`, damages[what], table);
      assert.equal(await codeOf(directory), 'store_damaged', `${table} ${what}`);
    }
  }
});

test('a table that is gone, or its rows, is store_damaged', async () => {
  for (const table of ['activity', 'by_user', 'by_object', 'identity', 'tally', 'superseded']) {
    const gone = await damaged(`without ${table}`, (_, engine) => {
      rmSync(definitionOf(engine, table));
    });
    assert.equal(await codeOf(gone), 'store_damaged', table);
    const empty = await damaged(`with an empty ${table}`, () => undefined);
    {
      await using engine = new ChdbEngine(join(empty, 'engine'));
      await engine.run(`TRUNCATE TABLE trailport.${table}`);
    }
    assert.equal(await codeOf(empty), 'store_damaged', table);
  }
});

test('a ledger that is gone, damaged or older than the tables is store_damaged, the second time too', async () => {
  const damages = {
    'without a ledger': (ledger: string) => rmSync(ledger),
    'with a ledger that is no database': (ledger: string) => writeFileSync(ledger, 'x'.repeat(9999)),
    'with a ledger whose last write is missing': (ledger: string) => {
      using db = openSqlite(ledger, 1000);
      db.exec('UPDATE tenant SET versions = versions - 1, superseded = superseded - 1');
    },
  };
  for (const [what, damage] of Object.entries(damages)) {
    const directory = await damaged(what, (_, engine) => damage(join(engine, '..', 'ledger.db')));
    assert.equal(await codeOf(directory), 'store_damaged', what);
    assert.equal(await codeOf(directory), 'store_damaged', what);
  }
});

function overwrite(file: string): void {
  const bytes = readFileSync(file);
  const middle = Math.floor(bytes.length / 2);
  bytes.fill(0x55, middle, middle + 64);
  writeFileSync(file, bytes);
}
