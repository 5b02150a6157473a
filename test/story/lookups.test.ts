import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { run } from '../cli/tiny-service.ts';
import { Program } from './program.ts';

type Row = Readonly<Record<string, string>>;
type Page = { readonly activities: readonly Row[]; readonly next: string | null };

let program: Program;
before(async () => {
  program = await Program.start();
});
after(() => program.remove());

const users = ['Ana@contoso.example', 'ANA@contoso.example', 'bo@contoso.example', 'Doe, Jane'];
const workloads = ['SharePoint', 'OneDrive', 'Exchange'];
const addresses = ['192.0.2.7:5000', '::ffff:192.0.2.7', '[2001:DB8::1]:443', '2001:db8:0:0::1', '192.0.2.70', ''];
const startMs = Date.UTC(2026, 2, 1, 22);

/** A record of the Management API, an hour and a bit after the one before. */
function record(number: number): object {
  return {
    Id: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
    CreationTime: new Date(startMs + Math.floor(number / 2) * 3_700_000).toISOString().slice(0, 19),
    RecordType: number % 3 === 0 ? 6 : 2,
    Operation: ['FileAccessed', 'FileModified'][number % 2],
    ResultStatus: ['Succeeded', 'Failed', ''][number % 3],
    UserId: users[number % 4],
    Workload: workloads[number % 3],
    ClientIP: addresses[number % 6],
    ObjectId: `https://contoso.example/sites/${number % 5}/Annual%20Report ${number}.docx`,
    SourceFileName: number % 7 === 0 ? '' : `Annual Report ${number}.docx`,
  };
}

const ndjson = (from: number, until: number, step = 1) =>
  Array.from({ length: Math.ceil((until - from) / step) }, (_, i) => JSON.stringify(record(from + i * step))).join(
    '\n',
  );
const count = 240;

/** Every page, and what is done between two. */
async function allPages(query: string, between: () => unknown = () => {}): Promise<Row[]> {
  const rows: Row[] = [];
  for (let after = ''; ; ) {
    const answer = await program.call(`/insights/activities?source=microsoft365&${query}${after}`);
    assert.equal(answer.status, 200, query);
    const page = (await answer.json()) as Page;
    rows.push(...page.activities);
    if (page.next === null) return rows;
    after = `&after=${page.next}`;
    await between();
  }
}

const idsOf = (rows: readonly Row[]) => rows.map(({ activityId }) => activityId);
const folded = (text = '') => text.toLowerCase();

/** Each filter as a query, and as a plain condition on a row. */
const filters: readonly (readonly [query: string, matches: (row: Row) => boolean])[] = [
  ['user=ANA@CONTOSO.example', ({ user }) => folded(user) === 'ana@contoso.example'],
  ['users=Doe,%20Jane&users=bo@contoso.example', ({ user }) => ['Doe, Jane', 'bo@contoso.example'].includes(user!)],
  ['object=https://contoso.example/sites/3', ({ object }) => object!.startsWith('https://contoso.example/sites/3/')],
  ['eventTypes=filemodified', ({ activity }) => activity === 'FileModified'],
  ['services=sharepoint,EXCHANGE', ({ service }) => service !== 'OneDrive'],
  ['recordTypes=sharepointfileoperation', ({ recordType }) => recordType === 'SharePointFileOperation'],
  ['results=failed', ({ result }) => result === 'Failed'],
  ['clientIps=192.0.2.7', ({ clientIp }) => ['192.0.2.7', '::ffff:192.0.2.7'].includes(clientIp!)],
  ['clientIps=2001:db8::1', ({ clientIp }) => /^2001/i.test(clientIp!)],
  ['text=annual report 1', ({ item, object }) => /annual report 1/i.test(item + decodeURIComponent(object!))],
  ['from=2026-03-03&until=2026-03-05T12:00', ({ time }) => time! >= '2026-03-03' && time! < '2026-03-05T12:00'],
];

test('pages hold exactly the rows that a plain filter finds, for each filter and pairs of them, in both orders', async () => {
  await program.import(ndjson(0, count));
  const all = await allPages('limit=1000&order=oldest');
  assert.equal(all.length, count);
  const order = (a: Row, b: Row) => (a.time! + a.activityId! < b.time! + b.activityId! ? -1 : 1);
  assert.deepEqual(idsOf(all), idsOf([...all].sort(order)));
  // Two entries of one list are an alternative, and `user` goes with no `users`.
  const kind = ([query]: (typeof filters)[number]) => query.replace(/s?=.*/, '');
  const pairs = filters.flatMap((one, i) =>
    filters
      .slice(i + 1)
      .filter((other) => kind(other) !== kind(one))
      .map((other) => [one, other] as const),
  );
  const tried = [...filters.map((one) => [one]), ...pairs.filter((_, i) => i % 13 === 0)];
  for (const [i, given] of tried.entries()) {
    const query = given.map(([text]) => text).join('&');
    const expected = idsOf(all.filter((row) => given.every(([, matches]) => matches(row))));
    assert.ok(expected.length < count);
    if (i < filters.length) assert.ok(expected.length > 0, query);
    assert.deepEqual(idsOf(await allPages(`limit=37&order=oldest&${query}`)), expected, query);
    assert.deepEqual(idsOf(await allPages(`limit=41&order=newest&${query}`)), expected.toReversed(), query);
    const body = JSON.stringify({ source: 'microsoft365', ...bodyOf(query) });
    const headers = { 'content-type': 'application/json' };
    const dryRun = await program.json('/insights/exports?dryRun=true', { method: 'POST', body, headers });
    assert.deepEqual(dryRun, { rows: expected.length }, query);
  }
});

/** The members of an export's body that mean the same as a query. */
function bodyOf(query: string): object {
  const given = new URLSearchParams(query);
  const scalar = ['user', 'object', 'text', 'from', 'until'];
  return Object.fromEntries(
    [...new Set(given.keys())].map((name) => {
      if (scalar.includes(name)) return [name, given.get(name)];
      const texts = given.getAll(name);
      return [name, name === 'users' ? texts : texts.flatMap((text) => text.split(','))];
    }),
  );
}

test('a summary has the counts of the rows, the rest as a sum, and days of a zone', async () => {
  const all = await allPages('limit=1000');
  const summary = (query: string) =>
    program.json<{ total: number; others: number; rows: { key: string; count: number }[] }>(
      `/insights/activities/summary?source=microsoft365&${query}`,
    );
  const naive = (keyOf: (row: Row) => string, rows = all) => {
    const counts = new Map<string, number>();
    for (const row of rows) counts.set(keyOf(row), (counts.get(keyOf(row)) ?? 0) + 1);
    return counts;
  };
  const byService = await summary('by=service');
  assert.deepEqual(
    new Map(byService.rows.map(({ key, count }) => [key, count])),
    naive(({ service }) => service!),
  );
  const byUser = await summary('by=user&top=1');
  assert.deepEqual([byUser.rows.length, byUser.rows[0]!.count, byUser.others, byUser.total], [1, 120, 120, 240]);
  assert.match(byUser.rows[0]!.key, /^ana@contoso\.example$/i);
  const zone = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Tokyo' });
  const byDay = await summary('by=day&timeZone=Asia/Tokyo&results=Failed&top=1000');
  const failed = all.filter(({ result }) => result === 'Failed');
  assert.deepEqual(
    byDay.rows.map(({ key, count }) => [key, count]),
    [...naive(({ time }) => zone.format(new Date(time!)), failed)].sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  assert.equal(byDay.total, failed.length);
});

test('what the store holds, with its imports', async () => {
  const { sources, imports } = await program.json<{ sources: Record<string, unknown>[]; imports: Row[] }>(
    '/insights/store',
  );
  const [{ source, rows, firstActivity, missingDays } = {}, ...more] = sources;
  assert.deepEqual([source, rows, missingDays, more.length], ['microsoft365', count, 0, 0]);
  assert.equal(firstActivity, new Date(startMs).toISOString());
  assert.equal(imports.length, 1);
});

test('while imports run, pages hold every activity that was there, none twice', async () => {
  const first = idsOf(await allPages('limit=1000'));
  const seen: string[][] = [];
  for (const order of ['newest', 'oldest']) {
    let next = count;
    const imports: Promise<unknown>[] = [];
    // Every page is followed by an import of activities before and after the place, and of all of the first again.
    const between = () => {
      if (imports.length < 4) imports.push(program.import(`${ndjson(next, next + 60)}\n${ndjson(0, count)}`));
      next += 60;
      return imports.length % 2 === 0 ? imports.at(-1) : undefined;
    };
    seen.push(idsOf(await allPages(`limit=30&order=${order}`, between)) as string[]);
    await Promise.all(imports);
  }
  for (const ids of seen) {
    assert.equal(new Set(ids).size, ids.length);
    const found = new Set(ids);
    assert.deepEqual(
      first.filter((id) => !found.has(id!)),
      [],
    );
  }
});

test('another tenant sees no activity, no count, no source and no import of this one', async () => {
  const env = { TRAILPORT_DATA: program.data };
  const added = await run(['app', 'add', '--name', 'Other', '--tenant', 'other', '--json'], { env });
  const { clientId, clientSecret } = JSON.parse(added.out) as { clientId: string; clientSecret: string };
  const asOther = {
    TRAILPORT_SERVER: program.url,
    TRAILPORT_CLIENT_ID: clientId,
    TRAILPORT_CLIENT_SECRET: clientSecret,
  };
  const outputs = [];
  for (const argv of [['activities', '--all'], ['summary', '--by', 'user'], ['store']]) {
    outputs.push((await run([...argv, '--json'], { env: asOther })).out.replace(/\s/g, ''));
  }
  assert.deepEqual(outputs, [
    '{"activities":[],"next":null}',
    '{"by":"user","timeZone":null,"total":0,"rows":[],"others":0}',
    '{"sources":[],"imports":[]}',
  ]);
  // A place of this tenant's pages leads to nothing either.
  const { next } = await program.json<Page>('/insights/activities?source=microsoft365&limit=1');
  const { access_token } = (await (
    await fetch(`${program.url}/connect/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: clientId,
        client_secret: clientSecret,
        scope: program.credentials.scope,
      }),
    })
  ).json()) as { access_token: string };
  const answer = await fetch(`${program.url}/insights/activities?source=microsoft365&after=${next}`, {
    headers: { authorization: `Bearer ${access_token}` },
  });
  assert.deepEqual(await answer.json(), { activities: [], next: null });
});

test('lookups whose clients have left make room for others, also while the worker stands still', async () => {
  const path = '/insights/activities/summary?source=google&by=day';
  program.holdWorker();
  let since = program.log.length;
  const leaving = new AbortController();
  // 2 run and 16 wait: the next is one too many.
  const asked = Array.from({ length: 19 }, () => program.call(path, { signal: leaving.signal }));
  assert.equal((await Promise.race(asked)).status, 429);
  leaving.abort();
  await Promise.allSettled(asked);
  for (let left = 0; left < 18; left++) {
    const line = await program.logged(({ event }) => event === 'client_left', since);
    since = program.log.indexOf(line) + 1;
  }
  // The worker has not yet said that the 2 have ended; those that waited are gone.
  const others = Array.from({ length: 16 }, () => program.call(path));
  program.releaseWorker();
  assert.deepEqual(
    (await Promise.all(others)).map(({ status }) => status),
    others.map(() => 200),
  );
});
