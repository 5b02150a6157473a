import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { Failure } from '../../src/domain/failure.ts';
import type { JobKey } from '../../src/domain/ids.ts';
import type { Report } from '../../src/domain/job.ts';
import { Downloads } from '../../src/download/download.ts';
import { Shelf } from '../../src/files/shelf.ts';

const bytes = Buffer.from(Array.from({ length: 700_000 }, (_, i) => i % 251));
const job = 7 as JobKey;
let directory: string;
let shelf: Shelf;
let downloads: Downloads;

beforeEach(async () => {
  directory = join(mkdtempSync(join(tmpdir(), 'trailport-shelf-')), 'reports');
  shelf = await Shelf.open(directory);
  downloads = new Downloads(shelf);
});
afterEach(() => rmSync(join(directory, '..'), { recursive: true }));

async function shelved(content: Buffer = bytes, fence = 1): Promise<Report> {
  const place = await shelf.begin(job, fence);
  await place.file.writeFile(content);
  const shelfName = await place.publish();
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { fileName: 'activity-export-7.zip', shelfName, bytes: content.length, rows: 1, sha256, files: [] };
}

async function readWhole(report: Report): Promise<Buffer> {
  const reading = await downloads.read(report);
  return whole(reading.pieces(0, reading.bytes));
}

/** Copies, because a piece is valid until the next one is asked for. */
async function whole(pieces: AsyncIterable<Buffer>): Promise<Buffer> {
  const copies: Buffer[] = [];
  for await (const piece of pieces) copies.push(Buffer.from(piece));
  return Buffer.concat(copies);
}

function isDamaged(error: unknown): boolean {
  return error instanceof Failure && error.code === 'report_damaged';
}

test('what was published is read back byte for byte, from a private file named after job and attempt', async () => {
  const report = await shelved();
  assert.deepEqual(await readWhole(report), bytes);
  assert.match(report.shelfName, /^7-1\./);
  assert.equal(statSync(join(directory, report.shelfName)).mode & 0o777, 0o600);
  assert.equal(statSync(directory).mode & 0o777, 0o700);
});

test('before it is published, a report is under no name that could be served, and discarding leaves nothing', async () => {
  const place = await shelf.begin(job, 1);
  await place.file.writeFile(bytes);
  const meanwhile: Report = { fileName: 'a.zip', shelfName: '7-1.zip', bytes: 700_000, rows: 1, sha256: '', files: [] };
  await assert.rejects(downloads.read(meanwhile), isDamaged);
  await place.discard();
  await place.discard();
  assert.deepEqual(readdirSync(directory), []);
});

test('a leftover of the same attempt is replaced, and another attempt has a file of its own', async () => {
  await shelf.begin(job, 1).then(({ file }) => file.writeFile('half').then(() => file.close()));
  const first = await shelved(bytes, 1);
  const second = await shelved(Buffer.from('another'), 2);
  assert.deepEqual(await readWhole(first), bytes);
  assert.equal(String(await readWhole(second)), 'another');
});

const damages: Record<string, (path: string) => void> = {
  deleted: (path) => rmSync(path),
  truncated: (path) => truncateSync(path, 1000),
  'longer than recorded': (path) => writeFileSync(path, 'x', { flag: 'a' }),
  'changed in one byte': (path) => {
    const other = readFileSync(path);
    other[350_000]! ^= 1;
    writeFileSync(path, other);
  },
  'changed in one byte, its time set back': (path) => {
    damages['changed in one byte']?.(path);
    utimesSync(path, 1_700_000_000, 1_700_000_000);
  },
  'replaced by another file of its size': (path) => {
    rmSync(path);
    writeFileSync(path, Buffer.alloc(bytes.length));
  },
  'replaced by a link to a good copy': (path) => {
    renameSync(path, `${path}.good`);
    symlinkSync(`${path}.good`, path);
  },
  'replaced by a directory': (path) => {
    rmSync(path);
    mkdirSync(path);
  },
};

for (const [what, damage] of Object.entries(damages)) {
  test(`a report that was ${what} after finishing is an error, never wrong bytes`, async () => {
    const report = await shelved();
    const path = join(directory, report.shelfName);
    // Whole seconds, which can be set back to the nanosecond.
    utimesSync(path, 1_700_000_000, 1_700_000_000);
    assert.deepEqual(await readWhole(report), bytes);
    damage(path);
    await assert.rejects(downloads.read(report), isDamaged);
  });
}

test('a report with the wrong digest on record is an error at the first reading', async () => {
  const report = await shelved();
  await assert.rejects(downloads.read({ ...report, sha256: '0'.repeat(64) }), isDamaged);
  assert.deepEqual(await readWhole(report), bytes);
});

test('a file that is only touched or made readable is proven again and served', async () => {
  const report = await shelved();
  await readWhole(report);
  const path = join(directory, report.shelfName);
  utimesSync(path, new Date(), new Date(0));
  chmodSync(path, 0o640);
  assert.deepEqual(await readWhole(report), bytes);
});

test('a report removed or expired while it is read is let finish', async () => {
  const report = await shelved();
  const reading = await downloads.read(report);
  const pieces = reading.pieces(0, reading.bytes);
  const received: Buffer[] = [Buffer.from((await pieces.next()).value ?? [])];
  await shelf.remove(report.shelfName);
  received.push(await whole(pieces));
  assert.deepEqual(Buffer.concat(received), bytes);
  await assert.rejects(downloads.read(report), isDamaged);
});

test('a file changed while it is read breaks off before its last bytes', async () => {
  const report = await shelved();
  const reading = await downloads.read(report);
  const pieces = reading.pieces(0, reading.bytes);
  const received: Buffer[] = [Buffer.from((await pieces.next()).value ?? [])];
  writeFileSync(join(directory, report.shelfName), Buffer.alloc(bytes.length));
  await assert.rejects(async () => {
    for await (const piece of pieces) received.push(Buffer.from(piece));
  }, isDamaged);
  assert.ok(Buffer.concat(received).length < bytes.length);
});

test('any part can be read, and the file is closed when its pieces end or are left', async () => {
  const report = await shelved();
  for (const [start, end] of [
    [0, 1],
    [262_143, 262_145],
    [699_999, 700_000],
    [10, 10],
  ] as const) {
    const reading = await downloads.read(report);
    assert.deepEqual(await whole(reading.pieces(start, end)), bytes.subarray(start, end));
  }
  const open = readdirSync('/proc/self/fd').length;
  for (let i = 0; i < 20; i++) {
    const pieces = (await downloads.read(report)).pieces(0, bytes.length);
    await pieces.next();
    await pieces.return();
  }
  assert.ok(readdirSync('/proc/self/fd').length <= open);
});

test('what no job needs is removed, and what one needs stays', async () => {
  const needed = await shelved(bytes, 1);
  await shelved(bytes, 2);
  await shelf.begin(job, 3).then(({ file }) => file.close());
  assert.equal(await shelf.kept.removeLeftovers(async () => new Set([needed.shelfName])), 2);
  assert.deepEqual(readdirSync(directory), [needed.shelfName]);
});

test('a name that leads out of the shelf is refused', async () => {
  const report = await shelved();
  writeFileSync(join(directory, '..', 'secret'), bytes);
  await assert.rejects(downloads.read({ ...report, shelfName: '../secret' }), { code: 'internal' });
});
