import assert from 'node:assert/strict';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { reportFormats } from '../../src/domain/columns.ts';
import { writeReport } from '../../src/report/report.ts';
import { rowsOf } from '../../src/report/rows.ts';
import type { Snapshot } from '../../src/store/store.ts';
import { activity } from '../store/activities.ts';
import { native, rowsOwnedBy } from './encoder/native-rows.ts';
import { Harness, orderFor } from './harness.ts';
import { workbookOfSmallSheets } from './small-sheets.ts';

const harness = new Harness();
after(() => harness[Symbol.asyncDispose]());

const some = Array.from({ length: 25 }, (_, i) => activity(i));
const follow = { onRows: () => undefined, signal: new AbortController().signal };

/** A file whose writes fail from a number on, as on a full disk; `writes` counts all of them. */
function fullAfter(file: FileHandle, most: number): FileHandle & { writes: number } {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  let writes = 0;
  return new Proxy(file, {
    get(target, name) {
      if (name === 'writes') return writes;
      const value = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      if (name !== 'write') return value.bind(target);
      return (...args: unknown[]) => (writes++ < most ? value.apply(target, args) : Promise.reject(full));
    },
  }) as FileHandle & { writes: number };
}

/** The snapshot with its streams counted: how many were opened and how many of them are closed. */
function counting(snapshot: Snapshot): { snapshot: Snapshot; opened: number; closed: number } {
  const counts = {
    opened: 0,
    closed: 0,
    snapshot: {
      ...snapshot,
      async *stream(...args: Parameters<Snapshot['stream']>) {
        counts.opened++;
        try {
          yield* snapshot.stream(...args);
        } finally {
          counts.closed++;
        }
      },
    },
  };
  return counts;
}

test('a disk that is full at any write of a report ends it with the very error, and every stream of the engine is closed', async () => {
  const tenant = await harness.keep(some);
  const snapshot = await harness.snapshot(tenant);
  for (const format of reportFormats) {
    for (let most = 0, whole = false; !whole; most++) {
      const counts = counting(snapshot);
      await using file = await open(join(harness.directory, `full-${format}-${most}.zip`), 'wx+');
      const limited = fullAfter(file, most);
      const written = writeReport(orderFor(tenant, format), counts.snapshot, limited, follow);
      const [outcome] = await Promise.allSettled([written]);
      whole = limited.writes <= most;
      assert.equal(outcome.status, whole ? 'fulfilled' : 'rejected', `${format}, write ${most}`);
      if (outcome.status === 'rejected') assert.equal(outcome.reason.code, 'ENOSPC', `${format}, write ${most}`);
      assert.equal(counts.closed, counts.opened, `${format}, write ${most}`);
      assert.ok(most < 100);
    }
  }
});

/** Fifty rows in the engine's format, in five pieces: each but the last is given before the next is needed. */
async function* inTens() {
  for (let i = 0; i < 5; i++) yield { rows: 10, bytes: native(rowsOwnedBy('contoso', 10)) };
}

test('a disk that is full between two sheets closes the stream of the engine, which goes on over both', async () => {
  const tenant = await harness.keep(some);
  for (let most = 0, whole = false; !whole; most++) {
    let counts = counting(await harness.snapshot(tenant));
    let writes = 0;
    const given = {
      snapshot: (snapshot: Snapshot) => {
        counts = counting({ ...snapshot, rows: 50, stream: inTens });
        return counts.snapshot;
      },
      file: (file: FileHandle) => {
        const limited = fullAfter(file, most);
        return new Proxy(limited, {
          get: (target, name) => {
            writes = target.writes;
            return Reflect.get(target, name, target);
          },
        });
      },
    };
    const [outcome] = await Promise.allSettled([
      workbookOfSmallSheets(harness, tenant, 20, { columns: ['time', 'item', 'activity'] }, given),
    ]);
    whole = outcome.status === 'fulfilled';
    if (outcome.status === 'rejected') assert.equal(outcome.reason.code, 'ENOSPC', `write ${most}`);
    assert.equal(counts.closed, counts.opened, `write ${most} of ${writes}`);
    assert.ok(most < 100);
  }
});

test('a consumer that leaves while the next piece is being made does not wait for it: the query is cancelled', async () => {
  let closed = false;
  const snapshot = {
    async *stream(_: unknown, signal: AbortSignal) {
      try {
        yield { rows: 1, bytes: Buffer.from('a') };
        // As a query that takes an hour: nothing but its signal ends it.
        await new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        });
      } finally {
        closed = true;
      }
    },
  } as unknown as Snapshot;
  const ask = { format: 'lines', only: null } as const;
  const failing = async () => {
    for await (const _ of rowsOf(snapshot, ask, 2, follow)) throw new RangeError('The disk is full.');
  };
  await assert.rejects(failing(), { message: 'The disk is full.' });
  assert.ok(closed);
});
