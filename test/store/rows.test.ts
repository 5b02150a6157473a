import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { columnNames } from '../../src/domain/columns.ts';
import { ChdbEngine } from '../../src/store/engine/chdb/chdb.ts';
import type { FormulaGuard } from '../../src/store/store.ts';
import { activity } from './activities.ts';
import { everything, job } from './fixtures.ts';
import { storeForFile } from './store-for-file.ts';

const { store, directory, someTenant } = await storeForFile();

test('every time zone that may be asked for is known to the engine', async () => {
  await using engine = new ChdbEngine(join(directory, 'engine'));
  const zones = Intl.supportedValuesOf('timeZone').map((zone) => `toTimeZone(now64(3, 'UTC'), '${zone}')`);
  const [row] = await engine.rows<string[]>(`SELECT ${zones.join(', ')}`);
  assert.equal(row?.length, zones.length);
});

test('rows are counted by activity and by day, and what is not listed is counted too', async () => {
  const tenant = someTenant();
  const day = 86_400;
  const names = ['FileAccessed', 'FileAccessed', 'FileAccessed', 'FileDeleted', 'FileDeleted', 'Send'];
  await store.add(
    tenant,
    job(1),
    names.map((name, i) => activity(i * day, { activity: name })),
  );
  using snapshot = await store.snapshot({ ...everything, tenant });
  assert.deepEqual(await snapshot.countsBy('activity', 2), {
    rows: [
      { key: 'FileAccessed', count: 3 },
      { key: 'FileDeleted', count: 2 },
    ],
    others: 1,
  });
  assert.deepEqual(await snapshot.countsBy('day', 2), {
    rows: [
      { key: '2026-01-05', count: 1 },
      { key: '2026-01-06', count: 1 },
    ],
    others: 4,
  });
  assert.equal((await snapshot.countsBy('activity', 100)).others, 0);
  using none = await store.snapshot({ ...everything, tenant: someTenant() });
  assert.deepEqual(await none.countsBy('day', 10), { rows: [], others: 0 });
});

test('names that the store has never seen for this tenant and source are reported, others are not', async () => {
  const tenant = someTenant();
  const object = 'https://contoso.sharepoint.example/sites/team1';
  await store.add(tenant, job(1), [
    activity(1, { object: `${object}/a.docx` }),
    activity(2, { source: 'google', activity: 'view' }),
  ]);
  await store.add(someTenant(), job(2), [activity(3, { activity: 'Elsewhere', user: 'elsewhere@contoso.example' })]);
  const unknownOf = async (over: Partial<typeof everything>) => {
    using snapshot = await store.snapshot({ ...everything, tenant, ...over });
    return snapshot.unknown;
  };
  const period = { fromMs: 0, untilMs: 1 };
  const eventTypes = ['FILEACCESSED', 'FileAcessed', 'view', 'Elsewhere'];
  const nothing = {
    user: false,
    object: false,
    users: [],
    eventTypes: [],
    services: [],
    recordTypes: [],
    results: [],
    clientIps: [],
  };
  assert.deepEqual(await unknownOf({}), nothing);
  assert.deepEqual(await unknownOf({ eventTypes, period }), {
    ...nothing,
    eventTypes: ['FileAcessed', 'view', 'Elsewhere'],
  });
  assert.deepEqual((await unknownOf({ eventTypes, source: 'google' })).eventTypes, [
    'FILEACCESSED',
    'FileAcessed',
    'Elsewhere',
  ]);
  const lists = {
    users: ['MEGAN@contoso.example', 'nobody@contoso.example'],
    services: ['sharepoint', 'Sharepont'],
    recordTypes: ['SharepointFileOperation', 'Share'],
    results: ['succeeded', 'Success'],
    clientIps: ['::ffff:192.0.2.7', '192.0.2.8'],
  };
  assert.deepEqual(await unknownOf({ ...lists, period }), {
    ...nothing,
    ...Object.fromEntries(Object.entries(lists).map(([name, [, unseen]]) => [name, [unseen]])),
  });
  // In the store, but not in the period or not together.
  assert.equal((await unknownOf({ user: 'MEGAN@contoso.example', object, period })).user, false);
  assert.equal((await unknownOf({ user: 'elsewhere@contoso.example' })).user, true);
  assert.deepEqual(await unknownOf({ user: 'nobody@contoso.example', object: `${object}/b.docx` }), {
    ...nothing,
    user: true,
    object: true,
  });
});

test('a prefix is put before every text that begins like a formula, whichever characters it names, and before no other', async () => {
  const tenant = someTenant();
  const texts = ['=1', '＝1', 'a=1', '\0=1', '#1', '', ' =1'];
  await store.add(
    tenant,
    job(1),
    texts.map((item, i) => activity(i, { item })),
  );
  using snapshot = await store.snapshot({ ...everything, tenant });
  const guarded = async (formulas: FormulaGuard) => {
    const ask = { format: 'csv', columns: ['item'], timeZone: null, formulas } as const;
    let text = '';
    for await (const { bytes } of snapshot.stream(ask, new AbortController().signal)) text += Buffer.from(bytes);
    return text.split('\r\n').slice(0, -1);
  };
  const quoted = (items: readonly string[]) => items.map((item) => `"${item}"`);
  assert.deepEqual(
    await guarded({ starts: '=＝]^-', skipped: '\0', prefix: "'" }),
    quoted(["'=1", "'＝1", 'a=1', "'\0=1", '#1', '', ' =1']),
  );
  assert.deepEqual(
    await guarded({ starts: '#', skipped: ' ', prefix: '\\' }),
    quoted(['=1', '＝1', 'a=1', '\0=1', '\\#1', '', ' =1']),
  );
});

test('long values are counted in units of the columns asked for, and their records can be had alone', async () => {
  const tenant = someTenant();
  const pairs = '😀'.repeat(16_384);
  await store.add(tenant, job(1), [
    activity(1, { item: 'x'.repeat(32_768), object: pairs, raw: '{"n":1}' }),
    activity(2, { item: 'x'.repeat(32_767), raw: '{"n":2}' }),
    activity(3, { raw: `{"n":3,"text":"${'é'.repeat(32_767)}"}` }),
    activity(4, { site: 'x'.repeat(40_000), raw: '{"n":4}' }),
  ]);
  using snapshot = await store.snapshot({ ...everything, tenant });
  const units = 32_767;
  assert.deepEqual(await snapshot.countLong({ columns: columnNames, units }), { values: 4, rows: 3 });
  assert.deepEqual(await snapshot.countLong({ columns: ['item', 'object', 'time'], units }), { values: 2, rows: 1 });
  assert.deepEqual(await snapshot.countLong({ columns: ['time'], units }), { values: 0, rows: 0 });
  assert.deepEqual(await snapshot.countLong({ columns: ['item'], units: 20 }), { values: 2, rows: 2 });
  let text = '';
  const only = { columns: ['item', 'site'], units } as const;
  for await (const { bytes } of snapshot.stream({ format: 'lines', only }, new AbortController().signal))
    text += Buffer.from(bytes);
  assert.equal(text, '{"n":1}\n{"n":4}\n');
});
