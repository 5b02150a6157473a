import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { inflateRawSync } from 'node:zlib';
import { Failure } from '../../../src/domain/failure.ts';
import type { SheetRowsTask } from '../../../src/report/xlsx/sheet/columns.ts';
import { encodeRows } from '../../../src/report/xlsx/sheet/rows.ts';
import { encodeOnThread, SheetThreads } from '../../../src/report/xlsx/sheet/threads.ts';
import { native, rowsOwnedBy, taskOf, xml } from './native-rows.ts';

const lastBlock = Buffer.of(0x03, 0x00);
const textOf = ({ deflated }: { deflated: Uint8Array }) =>
  inflateRawSync(Buffer.concat([deflated, lastBlock])).toString();
const realThread = () => new Worker(new URL('../../../src/report/xlsx/sheet/thread.ts', import.meta.url));
const scripted = (script: string) => () =>
  new Worker(`const { parentPort } = require('node:worker_threads');\n${script}`, { eval: true });

/** A task that fails after some of its rows are in the encoder: its second block is cut off. */
function failingTask(owner: string, rows: number): SheetRowsTask {
  const [first, second] = [native(rowsOwnedBy(owner, rows)), native(rowsOwnedBy(owner, rows))];
  const bytes = new Uint8Array(Buffer.concat([first, second.subarray(0, second.length - 5)]));
  return { ...taskOf([]), bytes, to: rows * 2 };
}

test('after a task that failed, the next report on the thread holds its own rows only', async () => {
  for (const rows of [100, 3000]) {
    // One task more than there are threads, so that each meets a failure.
    const failed = Array.from({ length: 5 }, () => encodeOnThread(failingTask('fabrikam', rows)));
    for (const { status } of await Promise.allSettled(failed)) assert.equal(status, 'rejected');
    const own = rowsOwnedBy('contoso', rows);
    for (let i = 0; i < 5; i++) assert.equal(textOf(await encodeOnThread(taskOf(own))), xml(own, 2));
  }
});

test('a task that cannot be sent fails alone: every later caller gets its own rows', async () => {
  const threads = new SheetThreads(1, realThread);
  const unsendable = { ...taskOf(rowsOwnedBy('a', 10)), cutMark: (() => '') as unknown as string };
  const [first, bad, second] = await Promise.allSettled([
    threads.encode(taskOf(rowsOwnedBy('first', 10)), false),
    threads.encode(unsendable, false),
    threads.encode(taskOf(rowsOwnedBy('second', 20)), false),
  ]);
  assert.equal(bad?.status, 'rejected');
  assert.ok(first?.status === 'fulfilled' && second?.status === 'fulfilled');
  assert.equal(textOf(first.value), xml(rowsOwnedBy('first', 10), 2));
  assert.equal(textOf(second.value), xml(rowsOwnedBy('second', 20), 2));
});

test('a block with other rows than those of its task is refused before it is written', async () => {
  const answer = (firstNumber: number, rows: number) =>
    scripted(`parentPort.on('message', ({ number }) => parentPort.postMessage({ number, block:
      { deflated: new Uint8Array(2), textBytes: 0, crc: 0, firstNumber: ${firstNumber}, rows: ${rows} } }));`);
  const task = taskOf(rowsOwnedBy('a', 10), 12);
  for (const start of [answer(13, 10), answer(12, 9)]) {
    const refused = new SheetThreads(1, start).encode(task, false);
    await assert.rejects(refused, (error) => error instanceof Failure && error.code === 'report_incomplete');
  }
  assert.equal((await new SheetThreads(1, answer(12, 10)).encode(task, false)).rows, 10);
});

test('a thread that ends, throws, answers nothing readable or another task fails its tasks and is replaced', async () => {
  const broken = [
    scripted("parentPort.on('message', () => process.exit(0));"),
    scripted("parentPort.on('message', () => { throw new Error('broken'); });"),
    scripted(
      "parentPort.on('message', ({ number }) => parentPort.postMessage({ number: number + 7, error: 'lost' }));",
    ),
    () => {
      const silent = scripted("parentPort.on('message', () => {});")();
      // What Node does with a message that it cannot read.
      silent.once('online', () => silent.emit('messageerror', new Error('unreadable')));
      return silent;
    },
  ];
  const task = taskOf(rowsOwnedBy('a', 10));
  for (const start of broken) {
    let started = 0;
    const threads = new SheetThreads(1, () => (started++ === 0 ? start() : realThread()));
    const outcomes = await Promise.allSettled([threads.encode(task, false), threads.encode(task, false)]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['rejected', 'rejected'],
      start.toString(),
    );
    assert.equal(textOf(await threads.encode(task, false)), xml(rowsOwnedBy('a', 10), 2));
    assert.equal(started, 2);
  }
});

test('an answer of the engine that is cut off anywhere is refused, and never read beyond its end', () => {
  const whole = taskOf(rowsOwnedBy('a', 3));
  for (let length = 0; length < whole.bytes.length; length++) {
    // A copy of its own: what follows in memory must not be read.
    const bytes = new Uint8Array(whole.bytes.subarray(0, length));
    assert.throws(() => encodeRows({ ...whole, bytes }), RangeError, `${length} bytes`);
  }
  assert.throws(() => encodeRows({ ...whole, to: 4 }), RangeError);
  assert.throws(() => encodeRows({ ...whole, columns: whole.columns.slice(1) }), RangeError);
  assert.equal(textOf(encodeRows(whole)), xml(rowsOwnedBy('a', 3), 2));
});
