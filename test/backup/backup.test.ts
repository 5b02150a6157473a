import assert from 'node:assert/strict';
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { batchOf, configOf, contentOf, makeInstallation, tenants } from '../../faults/backup/installation.ts';
import { placesIn } from '../../src/config.ts';
import type { Failure } from '../../src/domain/failure.ts';
import { backUpFor, restore } from '../../src/installation.ts';
import { Store } from '../../src/store/store.ts';
import { job } from '../store/fixtures.ts';

const root = mkdtempSync(join(tmpdir(), 'trailport-'));
const data = join(root, 'data');
const backups = join(root, 'backups');
const { signal } = new AbortController();
const progress = () => undefined;
after(() => rmSync(root, { recursive: true }));

let last = 0;
const nameOf = (number: number) => `trailport-20261125T0000${String(number).padStart(2, '0')}Z`;

/** Makes the next backup of the installation. */
async function backUp(onStep?: (step: string) => void) {
  await using store = await Store.open(placesIn(data).store);
  return await backUpFor(
    configOf(data),
    store,
    onStep,
  )({ directory: backups, name: nameOf(++last) }, { signal, progress });
}

const restored = (name: string, from = backups) => restore(configOf(join(root, name)), from, progress, signal);

before(async () => {
  await makeInstallation(data);
  await backUp();
});

test('a restored backup holds every activity, job, file and credential, and can be added to', async () => {
  const { rows, files } = await restored('restored');
  assert.ok(rows > 4 * 1800 && files > 50, `${rows} rows, ${files} files`);
  assert.deepEqual(await contentOf(join(root, 'restored')), await contentOf(data));
  {
    await using store = await Store.open(placesIn(join(root, 'restored')).store);
    await store.add(tenants[0]!, job(9), batchOf(0));
  }
  assert.equal((await contentOf(join(root, 'restored'))).writes, 1);
});

test('writes go on while a backup is made; it holds each of them completely or not at all, and those before it began', async () => {
  const copy = join(root, 'writing');
  cpSync(data, copy, { recursive: true });
  const store = await Store.open(placesIn(copy).store);
  await store.add(tenants[0]!, job(3), batchOf(0));
  let [written, ended] = [1, false];
  const writing = (async () => {
    for (; !ended; written++) await store.add(tenants[0]!, job(3), batchOf(written));
  })();
  const steps: number[] = [];
  const request = { directory: join(root, 'writing-backups'), name: nameOf(1) };
  await backUpFor(configOf(copy), store, () => steps.push(written))(request, { signal, progress });
  ended = true;
  await writing;
  await store[Symbol.asyncDispose]();
  assert.ok(new Set(steps).size > 3, 'no write was done while the backup was made');
  await restored('from-writing', request.directory);
  const { writes, ...rest } = await contentOf(join(root, 'from-writing'));
  assert.ok(writes >= 1 && writes < written, `${writes} of ${written} writes`);
  const { writes: _, ...expected } = await contentOf(data);
  assert.deepEqual(rest, expected);
});

test('a second backup copies no part that the first one has, and copies one that is damaged there', async () => {
  const first = join(backups, nameOf(1));
  const [large = ''] = globSync('store/parts/activity/*/data.bin', { cwd: first });
  const again = await backUp();
  assert.ok(again.copiedBytes < again.bytes, `${again.copiedBytes} of ${again.bytes} bytes were copied`);
  const inode = (path: string) => statSync(join(path, large)).ino;
  assert.equal(inode(again.path), inode(first));
  const whole = readFileSync(join(first, large));
  const damaged = Buffer.from(whole);
  damaged[damaged.length >> 1]! ^= 1;
  // In place, as a disk does it: both backups have the same file.
  writeFileSync(join(first, large), damaged);
  const third = await backUp();
  assert.notEqual(inode(third.path), inode(first));
  assert.ok(readFileSync(join(third.path, large)).equals(whole));
  writeFileSync(join(first, large), whole);
  await restored('from-third');
  assert.deepEqual(await contentOf(join(root, 'from-third')), await contentOf(data));
});

/** What restore says of a copy of a backup that was changed. */
async function refusalOf(name: string, change: (backup: string) => void): Promise<string> {
  const backup = join(root, name, nameOf(1));
  mkdirSync(join(root, name));
  cpSync(join(backups, nameOf(1)), backup, { recursive: true });
  change(backup);
  const into = `${name}-restored`;
  const failure = await restored(into, backup).then(
    () => null,
    (error: Failure) => error,
  );
  assert.ok(failure !== null, `${name} was restored`);
  assert.equal(failure.code, 'backup_damaged', failure.message);
  const left = existsSync(join(root, into)) ? readdirSync(join(root, into)) : [];
  assert.deepEqual(
    left.filter((file) => !file.startsWith('serve.lock')),
    [],
    name,
  );
  return failure.message;
}

test('a backup with a file that is gone, cut short or changed is refused, and the file is named', async () => {
  const part = (backup: string, file: string) => globSync(`store/parts/by_user/*/${file}`, { cwd: backup })[0]!;
  const gone = await refusalOf('gone', (backup) => rmSync(join(backup, part(backup, 'data.bin'))));
  assert.match(gone, /store\/parts\/by_user\/[^:]+\/data\.bin: cannot be read\./);
  const short = await refusalOf('short', (backup) => truncateSync(join(backup, part(backup, 'primary.cidx')), 1));
  assert.match(short, /primary\.cidx: \d+ bytes expected, 1 found\./);
  const other = await refusalOf('other', (backup) => {
    const file = join(backup, 'trailport.sqlite');
    const bytes = readFileSync(file);
    bytes[bytes.length - 9]! ^= 1;
    writeFileSync(file, bytes);
  });
  assert.match(other, /trailport\.sqlite: its bytes are not those of the manifest\./);
  const linked = await refusalOf('linked', (backup) => {
    const file = join(backup, 'credentials.json');
    cpSync(file, `${file}.other`);
    rmSync(file);
    symlinkSync(`${file}.other`, file);
  });
  assert.match(linked, /credentials\.json: cannot be read\./);
});

type ManifestLike = {
  contents: { table: string; tenant: string; rows: number; sum: string }[];
  files: { name: string }[];
};

function changeManifest(backup: string, change: (manifest: ManifestLike) => void): void {
  const file = join(backup, 'manifest.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as ManifestLike;
  change(manifest);
  writeFileSync(file, JSON.stringify(manifest));
}

test('rows that are not those of the manifest are refused: the table, tenant and month are named', async () => {
  const fewer = await refusalOf('fewer', (backup) =>
    changeManifest(backup, ({ contents }) => {
      contents.find(({ table, tenant }) => table === 'by_object' && tenant === 'fabrikam')!.rows++;
    }),
  );
  assert.match(fewer, /Table by_object, tenant fabrikam, microsoft365, 2026-01: 301 rows expected, 300 found\./);
  const other = await refusalOf('other-rows', (backup) =>
    changeManifest(backup, ({ contents }) => {
      const content = contents.find(({ table }) => table === 'activity')!;
      content.sum = String(BigInt(content.sum) ^ 1n);
    }),
  );
  assert.match(other, /Table activity, tenant contoso, microsoft365, 2026-01: 300 rows, of which some differ\./);
});

test('no name in a manifest leads out of the data directory', async () => {
  for (const name of ['../escaped', 'store/../../escaped', '/tmp/escaped', 'store//escaped', 'a\\b', '']) {
    const message = await refusalOf(`name-${Buffer.from(name).toString('hex')}`, (backup) =>
      changeManifest(backup, ({ files }) => {
        files[0]!.name = name;
      }),
    );
    assert.match(message, /lacks a member or has a wrong one/);
  }
  assert.ok(!existsSync(join(root, 'escaped')));
});

test('a backup that is still written is not taken for one, and a directory that is in use is not restored into', async () => {
  const place = join(root, 'unfinished');
  mkdirSync(place);
  cpSync(join(backups, nameOf(1)), join(place, `${nameOf(1)}.part`), { recursive: true });
  await assert.rejects(restored('none', place), { code: 'backup_damaged', message: /holds no whole backup/ });
  await assert.rejects(restored('none', join(place, `${nameOf(1)}.part`)), { code: 'backup_damaged' });
  const content = await contentOf(data);
  await assert.rejects(restore(configOf(data), backups, progress, signal), {
    code: 'cannot_start',
    message: /is not empty/,
  });
  assert.deepEqual(await contentOf(data), content);
});

test('a backup of a damaged store fails, and an earlier one stays the newest', async () => {
  const copy = join(root, 'damaged');
  cpSync(data, copy, { recursive: true });
  await using store = await Store.open(placesIn(copy).store);
  const parts = globSync('engine/store/*/*/*/data.bin', { cwd: placesIn(copy).store });
  const [file] = parts.sort((a, b) => sizeIn(copy, b) - sizeIn(copy, a));
  truncateSync(join(placesIn(copy).store, file!), 100);
  const request = { directory: backups, name: nameOf(99) };
  await assert.rejects(backUpFor(configOf(copy), store)(request, { signal, progress }), { code: 'store_damaged' });
  assert.deepEqual(
    readdirSync(backups).filter((name) => name.includes(nameOf(99))),
    [],
  );
  assert.ok(!existsSync(placesIn(copy).backing));
});

function sizeIn(place: string, file: string): number {
  return statSync(join(placesIn(place).store, file)).size;
}
