import assert from 'node:assert/strict';
import { createHash, randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Activity } from '../../../src/domain/activity.ts';
import { columnNames } from '../../../src/domain/columns.ts';
import { noFilters } from '../../../src/domain/filters.ts';
import { pageOrders } from '../../../src/domain/page.ts';
import type { Selection } from '../../../src/domain/selection.ts';
import type { RowTable } from '../../../src/store/access/choice.ts';
import { lookupFor } from '../../../src/store/browse/lookup.ts';
import { pageOf } from '../../../src/store/browse/page.ts';
import { summaryOf } from '../../../src/store/browse/summary.ts';
import { ChdbEngine } from '../../../src/store/engine/chdb/chdb.ts';
import type { AskRows } from '../../../src/store/engine/engine.ts';
import { Newest } from '../../../src/store/facts/newest.ts';
import { SeenKeys } from '../../../src/store/facts/seen.ts';
import type { Moment } from '../../../src/store/moment.ts';
import { OwnReaders } from '../../../src/store/readers/own.ts';
import { openSnapshot } from '../../../src/store/snapshot/snapshot.ts';
import { type RowsAsk, Store } from '../../../src/store/store.ts';
import { Random } from '../../story/filters/random.ts';
import { activity } from '../activities.ts';
import { everything, job } from '../fixtures.ts';

const directory = mkdtempSync(join(tmpdir(), 'trailport-'));
let store: Store;
let engine: ChdbEngine;
before(async () => {
  store = await Store.open(directory);
  engine = new ChdbEngine(join(directory, 'engine'));
  await store.add(everything.tenant, job(1), first);
  await store.add(everything.tenant, job(2), second);
});
after(async () => {
  await engine[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

const never = new AbortController().signal;
const site = 'https://contoso.sharepoint.example/sites';
const hour = 3600;

/** Over a year, several at one time, with long values and formulas among them. */
const first: readonly Activity[] = Array.from({ length: 600 }, (_, i) =>
  activity(Math.floor(i / 3) * 40 * hour, {
    activityId: `id-${(i * 367) % 600}`,
    user: `User${i % 7}@contoso.example`,
    object: `${site}/team${i % 11}/${i % 13 === 0 ? '' : `plan ${i}.docx`}`,
    activity: ['FileAccessed', 'FileDeleted', 'Send'][i % 3]!,
    item: i % 97 === 0 ? '='.repeat(40_000) : `item ${i}`,
    clientIp: `203.0.113.${i % 5}`,
    raw: JSON.stringify({ i, text: i % 89 === 0 ? 'x'.repeat(50_000) : '' }),
  }),
);

/** Richer records of every fifth, of which some change time, user and object; and new ones. */
const second: readonly Activity[] = [
  ...first
    .filter((_, i) => i % 5 === 0)
    .map((row, i) => ({
      ...row,
      timeMs: row.timeMs + (i % 2) * 90 * hour * 1000,
      user: i % 3 === 0 ? 'user3@contoso.example' : row.user,
      object: i % 4 === 0 ? `${site}/team4/moved.docx` : row.object,
      raw: `${row.raw.slice(0, -1)},"more":"${'y'.repeat(20)}"}`,
    })),
  ...Array.from({ length: 50 }, (_, i) =>
    activity(i * 100 * hour, { activityId: `new-${i}`, user: 'user1@contoso.example' }),
  ),
];

const period = { fromMs: activity(1500 * hour).timeMs, untilMs: activity(5000 * hour).timeMs };
const selections: Readonly<Record<string, Partial<Selection>>> = {
  everything: {},
  'a period': { period },
  'a user': { user: 'USER3@contoso.example' },
  'a user in a period': { user: 'user1@contoso.example', period },
  'several users': { users: ['user1@contoso.example', 'User3@contoso.example', 'nobody@contoso.example'] },
  'a site': { object: `${site}/team4` },
  'a site in a period': { object: `${site}/team4/`, period },
  'all sites': { object: 'https://contoso.sharepoint.example' },
  'a user and a site': { user: 'user3@contoso.example', object: `${site}/team4` },
  'event types of a user': { user: 'user2@contoso.example', eventTypes: ['filedeleted', 'Misspelt'] },
  'addresses and a text': { clientIps: ['203.0.113.2', '192.0.2.200'], text: 'plan' },
  nobody: { user: 'nobody@contoso.example' },
};

const formats: readonly RowsAsk[] = [
  {
    format: 'csv',
    columns: columnNames,
    timeZone: 'Europe/Paris',
    formulas: { starts: '=', skipped: '', prefix: "'" },
  },
  {
    format: 'csv',
    columns: ['time', 'activityId'],
    timeZone: null,
    formulas: { starts: '=', skipped: '', prefix: "'" },
  },
  { format: 'lines', only: null },
  { format: 'lines', only: { columns: columnNames, units: 32_767 } },
  { format: 'lines', only: { columns: ['item'], units: 30 } },
];

const tables: readonly RowTable[] = ['activity', 'by_user', 'by_object'];

/** What is read of a selection at a moment: as the store chooses, or from one table in pieces of so many rows. */
async function readBy(selection: Selection, moment: Moment, table: RowTable | null, atOnce: number) {
  const forced = table === null ? {} : { forced: { table, atOnce } };
  using snapshot = await openSnapshot(selection, {
    engine,
    moment,
    newest: new Newest(),
    seenKeys: new SeenKeys(),
    signal: never,
    reading: new OwnReaders().enter(everything.tenant),
    ...forced,
  });
  const { rows, firstMs, lastMs, newestMs, milliseconds, care, unknown } = snapshot;
  const streams: { rows: number; text: string }[] = [];
  for (const ask of formats) {
    let streamed = 0;
    const text = createHash('sha256');
    for await (const chunk of snapshot.stream(ask, never)) {
      streamed += chunk.rows;
      text.update(chunk.bytes);
    }
    streams.push({ rows: streamed, text: text.digest('hex') });
  }
  const ask: AskRows = (sql, bindings) => engine.rowsApart(sql, bindings, 60_000, never);
  const access = await lookupFor(ask, selection, moment, table ?? undefined);
  const pages = [];
  for (const order of pageOrders) {
    const page = await pageOf(access, { order, limit: 20, after: null, raw: true });
    pages.push(page, await pageOf(access, { order, limit: 20, after: page.next, raw: false }));
  }
  const summaries = [];
  for (const by of ['hour', 'user', 'object'] as const)
    summaries.push(await summaryOf(access, { by, top: 5, timeZone: null }));
  return {
    facts: { rows, firstMs, lastMs, newestMs, milliseconds, care, unknown },
    byActivity: await snapshot.countsBy('activity', 2),
    byDay: await snapshot.countsBy('day', 30),
    long: await snapshot.countLong({ columns: columnNames, units: 32_767 }),
    longItems: await snapshot.countLong({ columns: ['item'], units: 10 }),
    streams,
    pages,
    summaries,
  };
}

/** Half of them, others each time; FAULTS=all takes all. */
const seed = Number(process.env.SEED ?? randomInt(2 ** 31));
const names = Object.keys(selections);
const some = process.env.FAULTS === 'all' ? names : new Random(seed).some(names, names.length / 2);

const earlierToo = new Set(['everything', 'a user', 'a site', 'a user and a site']);
test('the same rows and counts come from every table, at once and in pieces, now and at an earlier moment', async (t) => {
  t.diagnostic(`SEED=${seed}`);
  for (const [name, over] of Object.entries(selections).filter(([name]) => some.includes(name))) {
    await t.test(name, async () => {
      const selection = { ...everything, ...noFilters, ...over };
      for (const write of earlierToo.has(name) ? [1, 2] : [2]) {
        const moment = { write, replaced: write > 1, exclusions: [] };
        const expected = await readBy(selection, moment, null, 0);
        assert.equal(expected.streams[0]?.rows, expected.facts.rows);
        if (name !== 'nobody') assert.ok(expected.facts.rows > 0);
        const third = Math.ceil(expected.facts.rows / 3);
        for (const table of tables) assert.deepEqual(await readBy(selection, moment, table, third), expected, table);
      }
    });
  }
});

test('an erasure excludes its rows from every table', async () => {
  const erased = { write: 3, userKey: 'user3@contoso.example', beforeMs: null };
  const moment = { write: 3, replaced: true, exclusions: [erased] };
  const user = { ...everything, ...noFilters, user: 'user3@contoso.example' };
  for (const table of tables) {
    assert.equal((await readBy(user, moment, table, 20)).facts.rows, 0);
    assert.equal((await readBy(user, { ...moment, write: 2, exclusions: [] }, table, 20)).facts.rows > 0, true);
  }
});
