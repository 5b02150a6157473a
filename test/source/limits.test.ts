import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Failure } from '../../src/domain/failure.ts';
import { followed, readRecords } from '../../src/source/source.ts';
import { csvHeader, csvRow, itemsOf, json, limits, outline } from './reading.ts';

test('a gzip bomb stops at the limit with a sentence that names the setting', async () => {
  const bomb = gzipSync(`${json('a')}\n${' '.repeat(20_000_000)}`);
  await assert.rejects(
    () => itemsOf(bomb, { inflatedBytes: 1_000_000 }),
    (error) => error instanceof Failure && /1000000 bytes.*TRAILPORT_IMPORT_INFLATED_BYTES/.test(error.message),
  );
  assert.equal((await itemsOf(bomb, { inflatedBytes: 30_000_000 })).length, 1);
});

test('a record longer than the limit is one reject with its head, and the next one stands', async () => {
  const long = json('b', { Notes: 'x'.repeat(200_000) });
  const rows = [
    [json('a'), long, json('c')].join('\n'),
    `[${[json('a'), long, json('c')].join(',\n')}]`,
    [csvHeader, csvRow(json('a')), csvRow(long), csvRow(json('c'))].join('\n'),
    [csvHeader, csvRow(json('a')), csvRow(JSON.stringify(JSON.parse(long), null, 1)), csvRow(json('c'))].join('\r\n'),
  ];
  for (const file of rows) {
    const items = await itemsOf(file, { recordBytes: 5000 });
    assert.deepEqual(
      items.map((item) => item.kind),
      ['activity', 'reject', 'activity'],
    );
    const [, reject] = items;
    assert.ok(reject?.kind === 'reject' && reject.record.length < 1100 && reject.record.endsWith('… (cut here)'));
    assert.match(reject.reason, /longer than 5000 bytes.*TRAILPORT_RECORD_BYTES/);
    assert.deepEqual(await itemsOf(file, { recordBytes: 5000, pieces: [999, 3, 50_000] }), items);
  }
});

test('an export whose quote is never closed loses a row, even where the rest is longer than a record', async () => {
  const rows = Array.from({ length: 50 }, (_, i) => csvRow(json(`id-${i}`)));
  const found = await outline([csvHeader, '1,"2,3,4', ...rows].join('\n'), { recordBytes: 2000, pieces: [300] });
  assert.deepEqual(found, ['2 reject', ...rows.map((_, i) => `${i + 3} id-${i}`)]);
});

test('a file of faults ends after ten thousand rejects, and one with enough activities between them does not', async () => {
  const faults = '{\n'.repeat(20_000);
  const message =
    /^1\d{4} of the file's first 1\d{4} records could not be understood; the first, on line 2: This is no JSON/;
  await assert.rejects(() => itemsOf(`${json('a')}\n${faults}`), { code: 'import_not_understood', message });
  const mixed = Array.from({ length: 2500 }, (_, i) => `${json(`id-${i}`)}\n${'{\n'.repeat(8)}`).join('');
  assert.equal((await itemsOf(mixed)).length, 2500 * 9);
});

test('JSON ten thousand deep does no harm, wherever it stands', async () => {
  const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;
  const objects = `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`;
  const good = json('z');
  assert.deepEqual(await outline(`${deep}\n${objects}\n${good}\n`), ['1 reject', '2 reject', '3 z']);
  assert.deepEqual(await outline(`[${deep},${objects},${good}]`), ['1 reject', '1 reject', '1 z']);
  const inside = `{"Id":"a","CreationTime":"2026-03-02","Deep":${deep}}`;
  assert.deepEqual(await outline(inside), ['1 a']);
  const [asText] = await itemsOf(`{"Id":"a","CreationTime":"2026-03-02","UserId":${objects}}`);
  assert.ok(asText?.kind === 'activity' || /nested too deep/.test(asText?.reason ?? ''));
  assert.deepEqual(await outline(`${'['.repeat(10_000)}\n${good}`).catch(() => []), []);
});

test('memory stays flat over a list of one line', async () => {
  const block = Buffer.from(`${Array.from({ length: 1000 }, (_, i) => json(`id-${i}`)).join(',')},`);
  const blocks = 400;
  async function* file() {
    yield Buffer.from('[');
    for (let i = 0; i < blocks; i++) yield block;
    yield Buffer.from(`${json('last')}]`);
  }
  let activities = 0;
  let largest = 0;
  for await (const batch of readRecords(followed(Number.MAX_SAFE_INTEGER, file), limits)) {
    activities += batch.length;
    largest = Math.max(largest, batch.length);
  }
  assert.equal(activities, blocks * 1000 + 1);
  assert.ok(largest <= 2000);
  assert.ok(process.memoryUsage.rss() < 600e6, `${process.memoryUsage.rss()} bytes resident`);
});
