import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { FileReader } from '../../src/job/reader/reader.ts';
import { rowsOfBlock } from '../store/block-rows.ts';

/** A healthy file must never look stalled here, however busy the machine is. */
const limits = { recordBytes: 2 ** 20, inflatedBytes: 2 ** 30, entries: 10, stallMs: 60_000 };
const poisonScript = new URL('./poison/thread.ts', import.meta.url);

function record(id: number): string {
  const time = new Date(Date.UTC(2026, 0, 1) + id * 1000).toISOString().slice(0, 19);
  const fields = {
    CreationTime: time,
    Id: `id-${id}`,
    Operation: 'Send',
    RecordType: 2,
    UserId: 'megan@contoso.example',
  };
  return JSON.stringify({ ...fields, Workload: 'Exchange', Subject: 'x'.repeat(200) });
}

function fileOf(t: TestContext, content: string | Buffer): { path: string; bytes: number } {
  const directory = mkdtempSync(join(tmpdir(), 'trailport-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'received');
  writeFileSync(path, content);
  return { path, bytes: Buffer.byteLength(content) };
}

function readerOf(t: TestContext, content: string | Buffer, script?: URL, stallMs = limits.stallMs): FileReader {
  const { path, bytes } = fileOf(t, content);
  return new FileReader(path, bytes, { ...limits, stallMs }, script);
}

const never = new AbortController().signal;

async function readAll(reader: FileReader, signal = never) {
  const ids: string[] = [];
  const rejects: string[] = [];
  for await (const batch of reader.batches(signal)) {
    const rows = rowsOfBlock(batch.block);
    ids.push(...rows.map(({ activityId }) => String(activityId)));
    if (batch.rejects !== '') rejects.push(...batch.rejects.trimEnd().split('\n'));
    assert.equal(rows.length, batch.rows);
  }
  return { ids, rejects };
}

for (const [kind, packed] of [
  ['plain', (text: string) => Buffer.from(text)],
  ['gzipped', (text: string) => gzipSync(text)],
] as const) {
  test(`a thread reads a ${kind} file to its end, in order, and tells the counts and what was set aside`, async (t) => {
    const many = Array.from({ length: 50_000 }, (_, i) => (i === 7 ? '{"Id": "broken' : record(i)));
    const file = packed(many.join('\n'));
    assert.ok(kind === 'plain' || gunzipSync(file).length > file.length);
    const reader = readerOf(t, file);
    const { ids, rejects } = await readAll(reader);
    assert.deepEqual(
      ids,
      many.flatMap((_, i) => (i === 7 ? [] : [`id-${i}`])),
    );
    assert.deepEqual(
      rejects.map((line) => JSON.parse(line).line),
      [8],
    );
    const { read, rejected, bySource } = reader.tallied;
    assert.deepEqual([read, rejected, bySource], [50_000, 1, { microsoft365: 49_999 }]);
    assert.equal(reader.records, 50_000);
  });
}

test('what the reader of files throws comes through, with its code', async (t) => {
  await assert.rejects(readAll(readerOf(t, '%PDF-1.7')), { code: 'import_not_understood', message: /a PDF document/ });
});

for (const [fault, sentence] of [
  ['loop', /stood still for 1 s after its first 41 records; remove the record/],
  ['crawl', /stood still/],
  ['memory', /ran out of memory/],
] as const) {
  test(`a file that makes its reader ${fault} costs that reader alone: import_poisoned`, async (t) => {
    const stallMs = fault === 'memory' ? limits.stallMs : 1000;
    const poisoned = readAll(readerOf(t, `poison: ${fault}`, poisonScript, stallMs));
    const healthy = readerOf(t, record(1), poisonScript);
    await assert.rejects(poisoned, { code: 'import_poisoned', message: sentence });
    assert.deepEqual((await readAll(healthy)).ids, ['id-1']);
  });
}

test('a reader that fails by a fault of the program, or ends too early, never looks like the end of a file', async (t) => {
  await assert.rejects(readAll(readerOf(t, 'poison: throw', poisonScript)), { name: 'TypeError' });
  await assert.rejects(readAll(readerOf(t, 'poison: end', poisonScript)), /ended before the file did/);
});

test('a store that is slow does not make a file look poisoned, and no more than a few batches are held', async (t) => {
  const stallMs = 3000;
  const count = 330_000;
  const reader = readerOf(t, Array.from({ length: count }, (_, i) => record(i)).join('\n'), undefined, stallMs);
  let rows = 0;
  for await (const batch of reader.batches(never)) {
    rows += batch.rows;
    // Longer than a stall may be, once: the thread has read ahead as far as it may and waits.
    if (rows === batch.rows) {
      while (reader.records < 2 * batch.rows) await new Promise(setImmediate);
      await new Promise((resolve) => setTimeout(resolve, 2 * stallMs));
      assert.ok(reader.records < 2.2 * batch.rows, `${reader.records} records were read ahead`);
    }
  }
  assert.equal(rows, count);
});

test('reading stops when the job is cancelled, whatever the file does', async (t) => {
  const cancelled = new AbortController();
  const reading = readAll(readerOf(t, 'poison: loop', poisonScript), cancelled.signal);
  cancelled.abort(new Error('cancelled'));
  await assert.rejects(reading, /cancelled/);
});
