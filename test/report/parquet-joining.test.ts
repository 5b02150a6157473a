import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ParquetFile } from '../../src/report/parquet/parquet-file.ts';
import { ChdbEngine } from '../../src/store/engine/chdb/chdb.ts';
import { byDuckDb } from './readers.ts';

const directory = mkdtempSync(join(tmpdir(), 'trailport-parquet-'));
const engine = new ChdbEngine(join(directory, 'engine'));
after(async () => {
  await engine[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

const never = new AbortController().signal;
const nothing = { output_format_parquet_write_page_index: 0, output_format_parquet_write_bloom_filter: 0 };

/** Whole Parquet files as the engine streams them: two, of numbers below 100 and of those from there to 400. */
async function filesOf(settings: Record<string, number>, column = 'number'): Promise<Uint8Array[]> {
  const files: Uint8Array[] = [];
  for (const [from, rows] of [
    [0, 100],
    [100, 300],
  ] as const) {
    const sql = `SELECT ${column}, toString(number) AS text FROM numbers(${from}, ${rows})`;
    for await (const { bytes } of engine.stream({ sql, bindings: {}, format: 'Parquet', settings }, never)) {
      files.push(bytes);
    }
  }
  return files;
}

function joined(files: readonly Uint8Array[]): Buffer {
  const parquet = new ParquetFile();
  return Buffer.concat([ParquetFile.head, ...files.map((file) => Buffer.from(parquet.add(file))), parquet.foot()]);
}

test('files of the engine are joined to one that holds the rows of all', async () => {
  const files = await filesOf(nothing);
  assert.ok(files.length > 1);
  const path = join(directory, 'joined.parquet');
  writeFileSync(path, joined(files));
  const texts = await byDuckDb(`SELECT text FROM '${path}'`);
  assert.deepEqual(
    texts.flat(),
    Array.from({ length: 400 }, (_, i) => String(i)),
  );
});

test('a Parquet footer with a page index, bloom filters or encryption is refused, not passed on', async () => {
  for (const setting of ['output_format_parquet_write_page_index', 'output_format_parquet_write_bloom_filter']) {
    const files = await filesOf({ ...nothing, [setting]: 1 });
    assert.throws(() => joined(files), /field \d+ in a (chunk|meta), which cannot be moved/, setting);
  }
  const path = join(directory, 'encrypted.parquet');
  await byDuckDb(
    `SET force_mbedtls_unsafe = 'true';
     PRAGMA add_parquet_key('key', '0123456789112345');
     COPY (SELECT 'a' AS user FROM range(10)) TO '${path}' (ENCRYPTION_CONFIG {footer_key: 'key'})`,
  );
  assert.throws(() => new ParquetFile().add(readFileSync(path)), RangeError);
});

test('files of different schemas are not joined', async () => {
  const [first] = await filesOf(nothing);
  const [other] = await filesOf(nothing, 'number AS other');
  assert.throws(() => joined([first!, other!]), /different schemas/);
});

test('a footer that is cut off or changed anywhere is refused or read, and never hangs', async () => {
  const [file] = await filesOf(nothing);
  const bytes = Buffer.from(file!);
  const footer = bytes.readUInt32LE(bytes.length - 8);
  for (let length = 0; length < bytes.length; length += length < bytes.length - footer - 8 ? 997 : 7) {
    assert.throws(() => new ParquetFile().add(bytes.subarray(0, length)), RangeError);
  }
  for (let i = bytes.length - 8 - footer; i < bytes.length; i += 3) {
    const changed = Buffer.from(bytes);
    changed[i] = 0xff;
    try {
      new ParquetFile().add(changed);
    } catch (error) {
      assert.ok(error instanceof RangeError, `byte ${i}: ${error}`);
    }
  }
});
