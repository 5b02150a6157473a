import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { History } from '../../../faults/moment/history.ts';
import { ChdbEngine } from '../../../src/store/engine/chdb/chdb.ts';
import { inspectDirectory, Store } from '../../../src/store/store.ts';
import { everything, job } from '../fixtures.ts';
import { activities, answersOf } from './questions.ts';

/** One file of each table, damaged in one way; FAULTS=all damages every file in every way. */
const all = process.env.FAULTS === 'all';
const seed = Number(process.env.SEED ?? randomInt(2 ** 31));
const root = mkdtempSync(join(tmpdir(), 'trailport-'));
const whole = join(root, 'whole');
const tables = ['activity', 'by_user', 'by_object', 'identity', 'tally', 'superseded'] as const;
const { signal } = new AbortController();
/** By table, its directory below that of the store. */
const places = new Map<string, string>();
let right: Map<string, string>;

after(() => rmSync(root, { recursive: true }));
before(async () => {
  await (await Store.open(whole))[Symbol.asyncDispose]();
  {
    // Wide parts have a file for each column, as those of a large store have.
    await using engine = new ChdbEngine(join(whole, 'engine'));
    for (const table of tables) {
      await engine.run(
        `ALTER TABLE trailport.${table} MODIFY SETTING min_bytes_for_wide_part = 0, min_rows_for_wide_part = 0`,
      );
      const sql =
        'SELECT data_paths[1] FROM system.tables WHERE database = {database:String} AND name = {table:String}';
      const [row] = await engine.rows<[string]>(sql, { database: 'trailport', table });
      places.set(table, row![0].slice(whole.length + 1));
    }
  }
  await using store = await Store.open(whole);
  await store.add(everything.tenant, job(1), activities(3000));
  const richer = activities(3000).slice(0, 100);
  await store.add(
    everything.tenant,
    job(2),
    richer.map((one) => ({ ...one, raw: JSON.stringify({ richer: 'x'.repeat(99) }) })),
  );
  right = await answersOf(store);
});

/** What is done to a file of a part; the files are chosen by their names. */
const damages: Readonly<Record<string, { readonly files: RegExp; readonly damage: (file: string) => void }>> = {
  'a changed byte in': { files: /\.bin$/, damage: flip },
  'no file': { files: /\.bin$/, damage: (file) => rmSync(file) },
  'half of': { files: /\.bin$/, damage: (file) => truncateSync(file, statSync(file).size >> 1) },
  'a changed byte in the marks': { files: /\.c?mrk\d?$/, damage: flip },
  'half of the checksums': {
    files: /^checksums\.txt$/,
    damage: (file) => truncateSync(file, statSync(file).size >> 1),
  },
  'no list of columns': { files: /^columns\.txt$/, damage: (file) => rmSync(file) },
  'no part': { files: /^columns\.txt$/, damage: (file) => rmSync(dirname(file), { recursive: true }) },
};

function flip(file: string): void {
  const bytes = readFileSync(file);
  bytes[bytes.length >> 1]! ^= 0x10;
  writeFileSync(file, bytes);
}

test('every damage to a part of a table is said where it is met and by doctor, and no answer is wrong', async (t) => {
  t.diagnostic(`SEED=${seed}`);
  const random = new History(seed, 1);
  for (const table of tables) {
    const kinds = Object.entries(damages);
    const chosen = all ? kinds : [kinds[random.random(kinds.length)]!];
    for (const [what, { files, damage }] of chosen) {
      const found = globSync('*/*', { cwd: join(whole, places.get(table)!) })
        .filter((file) => files.test(basename(file)) && !file.startsWith('detached'))
        .sort();
      assert.ok(found.length > 0, `${what}: no file`);
      for (const file of all ? found : [found[random.random(found.length)]!]) {
        await assertSaid(`${table}, ${what}: ${file}`, join(places.get(table)!, file), damage);
      }
    }
  }
});

async function assertSaid(what: string, file: string, damage: (file: string) => void): Promise<void> {
  const directory = join(root, 'damaged');
  cpSync(whole, directory, { recursive: true });
  try {
    damage(join(directory, file));
    const checks = await inspectDirectory(directory, { kind: 'embedded' }, { thorough: true, monthly: 0, signal });
    const found = checks.filter(({ state }) => state === 'to do').map(({ finding }) => finding);
    // The engine makes a list of columns again by itself; then nothing may be wrong.
    const isHealed = found.length === 0;
    if (!isHealed) assert.match(found.join(' '), /damaged|rows where|do not add up/, what);
    const store = await Store.open(directory).catch((error: { code?: string }) => {
      assert.deepEqual([error.code, isHealed], ['store_damaged', false], `${what}: opening`);
      return null;
    });
    if (store === null) return;
    try {
      for (const [question, answer] of await answersOf(store)) {
        const isRight = answer === right.get(question) || (!isHealed && answer === 'code store_damaged');
        assert.ok(isRight, `${what}: ${question} is answered ${answer.slice(0, 300)}`);
      }
    } finally {
      await store[Symbol.asyncDispose]();
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test('a store that is whole gives doctor nothing to do, and the same answers again', async () => {
  const checks = await inspectDirectory(whole, { kind: 'embedded' }, { thorough: true, monthly: 0, signal });
  assert.deepEqual(
    checks.filter(({ state }) => state === 'to do'),
    [],
  );
  assert.ok(checks.some(({ name, finding }) => name === 'rows' && /^3,100 in each/.test(finding)));
  await using store = await Store.open(whole);
  assert.deepEqual(await answersOf(store), right);
});
