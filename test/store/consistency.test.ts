import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, test } from 'node:test';
import { inconsistenciesOf } from '../../faults/store/consistency.ts';
import { ChdbEngine } from '../../src/store/engine/chdb/chdb.ts';
import { Store } from '../../src/store/store.ts';
import { activity } from './activities.ts';
import { everything, job } from './fixtures.ts';

const root = mkdtempSync(join(tmpdir(), 'trailport-'));
const whole = join(root, 'whole');
after(() => rmSync(root, { recursive: true }));
before(async () => {
  await using store = await Store.open(whole);
  const some = Array.from({ length: 20 }, (_, i) => activity(i));
  await store.add(everything.tenant, job(1), some);
  await store.add(everything.tenant, job(2), [activity(1, { raw: JSON.stringify({ richer: 'x'.repeat(99) }) })]);
});

const remove = (table: string, condition: string) =>
  `DELETE FROM trailport.${table} WHERE ${condition} SETTINGS lightweight_deletes_sync = 2`;
const twice = (table: string) => `INSERT INTO trailport.${table} SELECT * FROM trailport.${table} LIMIT 1`;
const first = 'version = (SELECT min(version) FROM trailport.activity)';

/** What is done to a store, and what must be found. */
const changes: readonly (readonly [sql: string, found: RegExp])[] = [
  ...['activity', 'by_user', 'by_object', 'identity'].flatMap((table): [string, RegExp][] => [
    [remove(table, first), /do not hold the same|differ/],
    [twice(table), new RegExp(`${table} has a version twice`)],
  ]),
  [remove('tally', '1'), /tally and the rows that stand differ/],
  [twice('tally'), /tally and the ledger differ about a write/],
  [remove('superseded', '1'), /An identity stands more than once/],
  [twice('superseded'), /A version is superseded twice/],
  ["UPDATE write SET state = 'open' WHERE number = 2", /A write is still open/],
  ["UPDATE write SET state = 'aborted' WHERE number = 2", /by_user has rows of a write that is not committed/],
  ['UPDATE tenant SET versions = versions + 1', /counts more or fewer versions/],
  ['UPDATE tenant SET superseded = 0', /counts more or fewer superseded versions/],
  ['UPDATE tenant SET last_write = 1', /last write is not its last committed one/],
  ['UPDATE import SET added = 3 WHERE id = 2', /activities of an import/],
];

test('a store that is consistent has no findings, and every row too many or too few is one', async () => {
  assert.deepEqual(await inconsistenciesOf(whole), []);
  for (const [i, [sql, expected]] of changes.entries()) {
    const directory = join(root, `changed-${i}`);
    cpSync(whole, directory, { recursive: true });
    if (sql.startsWith('UPDATE')) {
      const ledger = new DatabaseSync(join(directory, 'ledger.db'));
      ledger.exec(sql);
      ledger.close();
    } else {
      await using engine = new ChdbEngine(join(directory, 'engine'));
      await engine.run(sql);
    }
    assert.match((await inconsistenciesOf(directory)).join('\n'), expected, sql);
  }
});
