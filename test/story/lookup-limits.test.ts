import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Program } from './program.ts';

let program: Program;
before(async () => {
  program = await Program.start();
});
after(() => program.remove());

type Page = { readonly activities: readonly Readonly<Record<string, string>>[]; readonly next: string | null };

const record = (number: number, more: object) =>
  JSON.stringify({
    Id: `id-${String(number).padStart(4, '0')}`,
    CreationTime: new Date(Date.UTC(2026, 2, 1) + number * 1000).toISOString(),
    Operation: 'FileAccessed',
    UserId: 'ana@contoso.example',
    Workload: 'SharePoint',
    ...more,
  });

const texts = [
  "' OR 1=1 --",
  '\\',
  '%',
  '%25%32%35',
  '{text:String}',
  '\0',
  'a\u0301'.repeat(100),
  '\u0301'.repeat(200),
  '😀'.repeat(60),
  'ﬀİıßΣς',
  '::::::',
  '1.2.3.4.5',
  '[::1',
  'fe80::1%eth0',
  '::ffff:999.1.1.1',
  '0',
  'NaN',
  '٣',
  '\ufffe\uffff',
  '=1+1',
];

test('no text in a filter is an error of the store, alone or in a list', async () => {
  await program.import(record(1, { ObjectId: texts.join('') }));
  const together = ['user', 'object', 'text', 'eventTypes', 'services', 'recordTypes', 'results', 'clientIps'];
  for (const text of texts) {
    const one = encodeURIComponent(text);
    const all = together.map((name) => `${name}=${one}`).join('&');
    for (const path of [
      `activities?source=microsoft365&${all}`,
      `activities/summary?source=microsoft365&by=object&text=${one}&users=${one}&users=x&clientIps=${one}&clientIps=x`,
    ]) {
      assert.equal((await program.call(`/insights/${path}`)).status, 200, path);
    }
  }
});

test('pages of long originals end early, and together hold each once', async () => {
  const count = 24;
  const wide = 'x'.repeat(2 ** 20);
  await program.import(
    Array.from({ length: count }, (_, i) => record(100 + i, { Workload: 'Wide', Note: wide })).join('\n'),
  );
  const found: string[] = [];
  const bytes: number[] = [];
  for (let after = ''; ; ) {
    const path = `/insights/activities?source=microsoft365&services=wide&limit=1000&columns=activityId,raw${after}`;
    const text = await (await program.call(path)).text();
    bytes.push(text.length);
    const page = JSON.parse(text) as Page;
    found.push(...page.activities.map(({ activityId = '' }) => activityId));
    for (const { raw = '' } of page.activities) assert.equal((JSON.parse(raw) as { Note: string }).Note, wide);
    if (page.next === null) break;
    after = `&after=${page.next}`;
  }
  assert.deepEqual(
    found.toSorted(),
    Array.from({ length: count }, (_, i) => `id-${String(100 + i).padStart(4, '0')}`),
  );
  assert.ok(Math.max(...bytes) < 4 * 2 ** 20, `${bytes}`);
});

test('a summary of objects that are megabytes long stays small', async () => {
  const long = (i: number) => `https://contoso.example/${i}/${'é'.repeat(2 ** 20)}`;
  await program.import(
    Array.from({ length: 12 }, (_, i) => record(200 + i, { Workload: 'Long', ObjectId: long(i % 6) })).join('\n'),
  );
  const answer = await program.call(
    '/insights/activities/summary?source=microsoft365&services=long&by=object&top=1000',
  );
  const text = await answer.text();
  assert.equal(answer.status, 200, text);
  const { rows, total } = JSON.parse(text) as { rows: { key: string; count: number }[]; total: number };
  assert.deepEqual([total, rows.map(({ count }) => count)], [12, [2, 2, 2, 2, 2, 2]]);
  assert.ok(rows.every(({ key }) => key.startsWith('https://contoso.example/')));
  assert.ok(text.length < 2 ** 20, `${text.length}`);
});
