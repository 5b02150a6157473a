import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import type { KeptFiles } from '../../src/files/kept.ts';

/** What `KeptFiles` promises, for one adapter. `local` names a path where a file may be that is put. */
export function filesContract(adapter: string, files: () => Promise<KeptFiles>, local: (name: string) => string): void {
  async function written(name: string, bytes: Uint8Array): Promise<string> {
    const path = local(name);
    await using file = await open(path, 'w', 0o600);
    await file.writeFile(bytes);
    await file.sync();
    return path;
  }

  async function read(kept: KeptFiles, name: string, start: number, end: number): Promise<Buffer> {
    const file = await kept.open(name);
    try {
      const copies: Buffer[] = [];
      for await (const piece of file.pieces(start, end)) copies.push(Buffer.from(piece));
      return Buffer.concat(copies);
    } finally {
      await file.close();
    }
  }

  const sha = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

  test(`${adapter}: a file that is put is gone from its place and read back, whole and in ranges, in the same state`, async () => {
    const kept = await files();
    for (const length of [1, 70_000, 40 * 2 ** 20 + 3]) {
      const bytes = randomBytes(length);
      const path = await written(`${length}.part`, bytes);
      await kept.put(`${length}.zip`, path);
      assert.ok(!existsSync(path));
      const file = await kept.open(`${length}.zip`);
      assert.equal(file.bytes, length);
      const again = await kept.open(`${length}.zip`);
      assert.equal(again.state, file.state);
      await Promise.all([file.close(), again.close()]);
      assert.equal(sha(await read(kept, `${length}.zip`, 0, length)), sha(bytes));
      const ranges = [
        [0, 1],
        [length - 1, length],
        [Math.floor(length / 3), Math.ceil(length / 2)],
        [5, 5],
      ] as const;
      for (const [start, end] of ranges) {
        if (end > length) continue;
        const found = await read(kept, `${length}.zip`, start, end);
        assert.ok(found.equals(bytes.subarray(start, end)), `${start} to ${end} of ${length}`);
      }
      await using here = await kept.local(`${length}.zip`);
      assert.equal(sha(await readFile(here.path)), sha(bytes));
      await kept.remove(`${length}.zip`);
    }
  });

  test(`${adapter}: what is not there cannot be opened, and removing it is no error`, async () => {
    const kept = await files();
    await assert.rejects(kept.open('never.zip'), (error: Error) => error.name !== 'Failure');
    await assert.rejects(kept.local('never.zip'), (error: Error) => error.name !== 'Failure');
    await kept.remove('never.zip');
    await kept.put('once.zip', await written('once.part', Buffer.from('once')));
    await kept.remove('once.zip');
    await kept.remove('once.zip');
    await assert.rejects(kept.open('once.zip'));
  });

  test(`${adapter}: a file that changes while it is read breaks off, and its state is another`, async () => {
    const kept = await files();
    const bytes = randomBytes(300_000);
    await kept.put('changing.zip', await written('changing.part', bytes));
    const file = await kept.open('changing.zip');
    await assert.rejects(async () => {
      let first = true;
      for await (const _ of file.pieces(0, 1000)) {
        assert.ok(first);
        first = false;
      }
      await kept.put('changing.zip', await written('changing.part', Buffer.alloc(300_000)));
      const later = await kept.open('changing.zip');
      assert.notEqual(later.state, file.state);
      await later.close();
      // On a disk an open file is what it was, so only another state shows it.
      for await (const piece of file.pieces(0, 300_000)) assert.ok(piece.length > 0);
      throw new Error('it was what it was');
    });
    await file.close();
  });

  test(`${adapter}: leftovers are removed, and what is needed stays; what is needed is asked after the files are listed`, async () => {
    const kept = await files();
    await kept.removeLeftovers(async () => new Set());
    for (const name of ['needed.zip', 'left.zip']) {
      await kept.put(name, await written(`${name}.part`, Buffer.from(name)));
    }
    assert.equal(await kept.removeLeftovers(async () => new Set(['needed.zip'])), 1);
    assert.equal((await read(kept, 'needed.zip', 0, 6)).toString(), 'needed');
    await assert.rejects(kept.open('left.zip'));
    await kept.put('late.zip', await written('late.part', Buffer.from('late')));
    await kept.removeLeftovers(async () => new Set(['needed.zip', 'late.zip']));
    assert.equal((await read(kept, 'late.zip', 0, 4)).toString(), 'late');
    await kept.check();
  });

  test(`${adapter}: a reader who leaves, and many who read at once, harm nobody`, async () => {
    const kept = await files();
    const bytes = randomBytes(2 ** 20);
    await kept.put('many.zip', await written('many.part', bytes));
    const left = await kept.open('many.zip');
    for await (const _ of left.pieces(0, bytes.length)) break;
    await left.close();
    const all = await Promise.all(Array.from({ length: 20 }, () => read(kept, 'many.zip', 0, bytes.length)));
    for (const one of all) assert.ok(one.equals(bytes));
  });
}
