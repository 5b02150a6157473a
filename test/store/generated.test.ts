import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Crowd } from '../../bench/store/crowd.ts';
import { makeStore } from '../../bench/store/make.ts';
import type { Activity } from '../../src/domain/activity.ts';
import { textColumns } from '../../src/domain/columns.ts';
import type { TenantId } from '../../src/domain/ids.ts';
import { ChdbEngine } from '../../src/store/engine/chdb/chdb.ts';
import { tables } from '../../src/store/schema/tables.ts';
import { Store } from '../../src/store/store.ts';
import { job } from './fixtures.ts';

const directory = mkdtempSync(join(tmpdir(), 'trailport-'));
after(() => rmSync(directory, { recursive: true }));

const names = [...textColumns, 'raw'] as const;
const columnOf = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

for (const crowd of ['small tenant', 'large tenant'] as const satisfies Crowd[]) {
  test(`a store that a bench makes (${crowd}) holds what an import of the same activities leaves`, async () => {
    const [made, added] = ['made', 'added'].map((name) => join(directory, crowd, name)) as [string, string];
    const tenant = 'contoso' as TenantId;
    await makeStore(made, [{ tenant, rows: 500, raw: 'whole', crowd }]);
    const activities = await activitiesOf(made);
    assert.equal(new Set(activities.map(({ timeMs }) => timeMs)).size, 500);
    {
      await using store = await Store.open(added);
      await store.add(tenant, job(1), activities);
    }
    assert.deepEqual(await contentsOf(made), await contentsOf(added));
  });
}

async function activitiesOf(directory: string): Promise<Activity[]> {
  await using engine = new ChdbEngine(join(directory, 'engine'));
  const rows = await engine.rows<[number | string, ...string[]]>(
    `SELECT toUnixTimestamp64Milli(time), ${names.map(columnOf)} FROM trailport.activity ORDER BY version`,
  );
  return rows.map(
    ([timeMs, ...texts]) =>
      ({
        source: 'microsoft365',
        timeMs: Number(timeMs),
        ...Object.fromEntries(names.map((name, i) => [name, texts[i]])),
      }) as Activity,
  );
}

/** Every column of every row of every table, sorted by all columns. */
async function contentsOf(directory: string): Promise<unknown[][]> {
  await using engine = new ChdbEngine(join(directory, 'engine'));
  const contents: unknown[][] = [];
  for (const table of tables) contents.push(await engine.rows(`SELECT * FROM trailport.${table} ORDER BY ALL`));
  return contents;
}
