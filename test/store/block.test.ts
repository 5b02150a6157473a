import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { type Activity, earliestTimeMs, latestTimeMs, sources } from '../../src/domain/activity.ts';
import { ActivityBlock, blockColumns, blockFormat, encodedActivities } from '../../src/store/block/block.ts';
import { ChdbEngine } from '../../src/store/engine/chdb/chdb.ts';
import { rowsOfBlock } from './block-rows.ts';

const directory = mkdtempSync(join(tmpdir(), 'trailport-'));
const engine = new ChdbEngine(join(directory, 'a {b,c}*? name', 'engine'));
after(async () => {
  await engine[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

const anyText = fc.string({ unit: 'binary', maxLength: 200 }).map((text) => text.toWellFormed());
/** Lengths around those where a length takes one more byte. */
const longText = fc
  .constantFrom(127, 128, 16_383, 16_384, 2 ** 21)
  .chain((length) =>
    fc.constantFrom(
      'x'.repeat(length),
      'é'.repeat(length / 2),
      '議'.repeat(length / 3),
      `${'x'.repeat(length - 1)}\u{1f4ce}`,
    ),
  );
const someText = fc.oneof({ weight: 30, arbitrary: anyText }, { weight: 1, arbitrary: longText });
const anyActivity: fc.Arbitrary<Activity> = fc.record({
  source: fc.constantFrom(...sources),
  timeMs: fc.integer({ min: earliestTimeMs, max: latestTimeMs }),
  activityId: someText,
  user: someText,
  userType: someText,
  activity: someText,
  service: someText,
  itemType: someText,
  item: someText,
  object: someText,
  site: someText,
  result: someText,
  clientIp: someText,
  userAgent: someText,
  recordType: someText,
  raw: someText,
});

const names = Object.keys(blockColumns);
const inEngine = (one: Readonly<Record<string, unknown>>) => names.map((name) => one[name]);

await engine.run(`CREATE TABLE block (${Object.entries(blockColumns)
  .map((column) => column.join(' '))
  .join(', ')},
  twice UInt64 DEFAULT row * 2) ENGINE = Memory`);

test('the engine reads from a block what the activities say, whatever they say', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyActivity, { minLength: 1, maxLength: 40 }), async (activities) => {
      const bytes = encodedActivities(activities);
      await engine.run('TRUNCATE TABLE block');
      await engine.insert('block', { format: blockFormat, columns: blockColumns, bytes });
      const found = await engine.rows<unknown[]>(`SELECT ${names.join(', ')}, twice FROM block ORDER BY row`);
      const wanted = activities.map((one, row) => [...inEngine({ ...one, row }), 2 * row]);
      assert.deepEqual(found, wanted);
      const own = rowsOfBlock(bytes).map((one) => ({ ...one, source: sources[Number(one.source) - 1] }));
      assert.deepEqual(
        own.map(inEngine),
        activities.map((one, row) => inEngine({ ...one, row })),
      );
    }),
    { numRuns: 50 },
  );
});

test('columns of few and of many different texts come back, and the next block begins empty', async () => {
  const block = new ActivityBlock();
  for (const rows of [1, 256, 257, 65_536, 65_537]) {
    const of = (i: number) => ({ ...example, activityId: `id-${i}`, user: `user-${i}`, site: `site-${i % 7}` });
    for (let i = 0; i < rows; i++) block.add(of(i));
    assert.equal(block.rows, rows);
    assert.ok(block.bytes >= rows * example.raw.length);
    await engine.run('TRUNCATE TABLE block');
    await engine.insert('block', { format: blockFormat, columns: blockColumns, bytes: block.take() });
    const [found] = await engine.rows<[string, string]>(
      `SELECT count(), countIf(user = concat('user-', toString(row)) AND site = concat('site-', toString(row % 7))
         AND activityId = concat('id-', toString(row))) FROM block`,
    );
    assert.deepEqual(found?.map(Number), [rows, rows]);
    assert.equal(block.rows, 0);
    assert.equal(block.bytes, 0);
  }
});

test('a block lies in memory of its own, and its file is gone when the engine has read it', async () => {
  const block = new ActivityBlock();
  block.add(example);
  const bytes = block.take();
  block.add({ ...example, user: 'other' });
  const moved = structuredClone(bytes, { transfer: [bytes.buffer] });
  await engine.insert('block', { format: blockFormat, columns: blockColumns, bytes: moved });
  assert.equal(rowsOfBlock(moved)[0]?.user, example.user);
  assert.equal(rowsOfBlock(block.take())[0]?.user, 'other');
  assert.deepEqual(readdirSync(join(directory, 'a {b,c}*? name')), ['engine']);
});

test('a block that is cut off is an error', async () => {
  const bytes = encodedActivities([example]).slice(0, -3);
  await assert.rejects(engine.insert('block', { format: blockFormat, columns: blockColumns, bytes }));
});

const example: Activity = {
  source: 'microsoft365',
  activityId: 'id',
  timeMs: Date.UTC(2026, 0, 1),
  user: 'megan@contoso.example',
  userType: 'Regular',
  activity: 'Send',
  service: 'Exchange',
  itemType: '',
  item: '',
  object: '',
  site: '',
  result: '',
  clientIp: '',
  userAgent: '',
  recordType: 'ExchangeItem',
  raw: '{"Id":"id"}',
};
