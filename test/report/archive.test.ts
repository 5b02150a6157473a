import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { Archive } from '../../src/report/zip/archive.ts';
import { crcOfBoth } from '../../src/report/zip/crc.ts';
import { centralHeader, type Entry, endOfDirectory, localHeader } from '../../src/report/zip/headers.ts';
import { entriesOf } from './readers.ts';

const directory = mkdtempSync(join(tmpdir(), 'trailport-archive-'));
after(() => rmSync(directory, { recursive: true }));

const gib = 2 ** 30;
const entry: Entry = {
  name: 'a.xml',
  method: 'deflate',
  grows: true,
  offset: 0,
  crc: 1,
  bytes: 5,
  storedCrc: 0,
  storedBytes: 3,
};

test('an archive in an archive has every byte, from streams in pieces of any size', async () => {
  const path = join(directory, 'nested.zip');
  await using file = await open(path, 'wx+');
  const big = randomBytes(3 * 2 ** 20);
  const text = Buffer.concat(Array.from({ length: 40 }, (_, i) => Buffer.from(`<row r="${i}"/>`.repeat(30_000))));
  const outer = new Archive(file);
  await outer.addStored('inner.zip', async (start) => {
    const inner = new Archive(file, start);
    await inner.add('empty.txt', '');
    await inner.addStream('nothing.txt', async () => undefined);
    await inner.addStream('text.xml', async (into) => {
      for (let at = 0, size = 1; at < text.length; at += size, size = (size * 3) % 9_000_001) {
        await into.add(text.subarray(at, Math.min(text.length, at + size)));
      }
    });
    await inner.addStream('random.bin', (into) => into.add(big));
    return inner.close();
  });
  await outer.add('manifest.json', '{}');
  const { end, crc } = await outer.close();
  const bytes = await readFile(path);
  assert.deepEqual([end, crc], [bytes.length, crc32(bytes)]);
  const inner = await entriesOf((await entriesOf(path)).get('inner.zip')!.bytes);
  assert.deepEqual([...inner.keys()], ['empty.txt', 'nothing.txt', 'text.xml', 'random.bin']);
  assert.ok(inner.get('text.xml')!.bytes.equals(text));
  assert.ok(inner.get('random.bin')!.bytes.equals(big));
  assert.equal(bytes.indexOf('PK\x07\x08', 0, 'latin1'), -1, 'no data descriptor');
});

test('the joined CRC of two texts is the CRC of the joined text', () => {
  const texts = fc.uint8Array({ maxLength: 3000 });
  fc.assert(
    fc.property(texts, texts, (a, b) => {
      assert.equal(crcOfBoth(crc32(a), crc32(b), b.length), crc32(Buffer.concat([a, b])));
    }),
  );
});

test('ZIP64 is used only where a size needs it, and a local header keeps its length', () => {
  const small = localHeader(entry);
  assert.equal(small.readUInt16LE(4), 20);
  assert.equal(small.readUInt16LE(35), 0xa220);
  const large = localHeader({ ...entry, bytes: 5 * gib, storedBytes: 1 });
  assert.equal(large.length, small.length);
  assert.deepEqual(
    [large.readUInt32LE(18), large.readUInt32LE(22), large.readUInt16LE(35)],
    [2 ** 32 - 1, 2 ** 32 - 1, 1],
  );
  assert.deepEqual([large.readBigUInt64LE(39), large.readBigUInt64LE(47)], [BigInt(5 * gib), 1n]);

  assert.equal(centralHeader(entry).readUInt16LE(30), 0);
  const far = centralHeader({ ...entry, offset: 4 * gib });
  assert.deepEqual(
    [far.readUInt32LE(42), far.readUInt16LE(30), far.readBigUInt64LE(55)],
    [2 ** 32 - 1, 12, BigInt(4 * gib)],
  );
  assert.equal(centralHeader({ ...entry, bytes: 5 * gib, offset: 4 * gib }).readUInt16LE(30), 28);
  assert.equal(endOfDirectory(9, 2 ** 32 - 2, 1).length, 22);
  assert.equal(endOfDirectory(9, 2 ** 32 - 1, 1).length, 98);
});
