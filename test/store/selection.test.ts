import assert from 'node:assert/strict';
import { BlockList } from 'node:net';
import { test } from 'node:test';
import type { Activity } from '../../src/domain/activity.ts';
import { type Filters, noFilters } from '../../src/domain/filters.ts';
import type { TenantId } from '../../src/domain/ids.ts';
import { activity } from './activities.ts';
import { everything, job, rowsOf } from './fixtures.ts';
import { storeForFile } from './store-for-file.ts';

const { store } = await storeForFile();

const tenant = 'selections' as TenantId;
const addresses = [
  '2001:db8::1',
  '2001:0DB8:0:0::1',
  '2001:db8::2',
  '192.0.2.7',
  '::ffff:192.0.2.7',
  '::FFFF:c000:207',
  '192.0.2.70',
  'relay.contoso.example',
  'Relay.Contoso.Example',
  '',
];
const items = ['Annual Report 50%.docx', 'ÜBERBLICK.docx', 'u\u0308berblick.docx', 'straße', 'a%20b', ''];
const objects = [
  'https://contoso.sharepoint.example/sites/a/Annual%20Report%2050%25.docx',
  'C:\\Users\\Ana\\überblick.docx',
  'doc-1',
  '',
];

/** Every combination of the values, as a list of activities. */
const all: Activity[] = addresses.flatMap((clientIp, a) =>
  items.flatMap((item, i) =>
    objects.map((object, o) =>
      activity(a * 100 + i * 10 + o, {
        clientIp,
        item,
        object,
        user: ['ana@contoso.example', 'ANA@contoso.example', 'bo@contoso.example', 'NT AUTHORITY\\SYSTEM (a,b)'][
          (a + o) % 4
        ]!,
        service: ['SharePoint', 'OneDrive', 'Exchange', ''][(i + o) % 4]!,
        recordType: ['SharePointFileOperation', 'SHAREPOINT', 'ExchangeAdmin'][(a + i) % 3]!,
        result: ['Succeeded', 'succeeded', 'Failed', 'True', ''][(a + i + o) % 5]!,
        activity: ['FileAccessed', 'Send'][o % 2]!,
      }),
    ),
  ),
);

const fold = (text: string) => text.normalize('NFC').toLowerCase();
const oneOf = (wanted: readonly string[], value: string, key = fold) =>
  wanted.length === 0 || wanted.map(key).includes(key(value));

/** Addresses as Node compares them; what is no address, as a name. */
function sameAddress(wanted: readonly string[], value: string): boolean {
  if (wanted.length === 0) return true;
  return wanted.some((one) => {
    const family = (text: string) => (text.includes(':') ? 'ipv6' : 'ipv4');
    const isAddress = (text: string) => /^[0-9a-f.:]*[.:][0-9a-f.:]*$/i.test(text);
    if (!isAddress(one) || !isAddress(value)) return fold(one) === fold(value);
    const list = new BlockList();
    list.addAddress(one, family(one));
    return list.check(value, family(value));
  });
}

function contains(text: string | null, { item, object }: Activity): boolean {
  if (text === null) return true;
  let decoded = object;
  for (let layer = 0; layer < 3; layer++) decoded = decodeURIComponent(decoded.replace(/%(?![0-9a-f]{2})/gi, '%25'));
  return [item, object, decoded].some((value) => fold(value).includes(fold(text)));
}

function naive(filters: Filters): string[] {
  return all
    .filter(
      (one) =>
        oneOf(filters.users, one.user) &&
        oneOf(filters.eventTypes, one.activity) &&
        oneOf(filters.services, one.service) &&
        oneOf(filters.recordTypes, one.recordType) &&
        oneOf(filters.results, one.result) &&
        sameAddress(filters.clientIps, one.clientIp) &&
        contains(filters.text, one),
    )
    .map(({ activityId }) => activityId);
}

/** What each filter is tried with, beside nothing. */
const tried = {
  users: [['Ana@Contoso.example'], ['bo@contoso.example', 'NT AUTHORITY\\SYSTEM (a,b)'], ['nobody']],
  services: [['SHAREPOINT', 'exchange'], ["it's"]],
  recordTypes: [['sharepointfileoperation'], ['Share']],
  results: [['SUCCEEDED'], ['true', 'failed']],
  clientIps: [...addresses.slice(0, -1).map((address) => [address]), ['2001:db8::', '192.0.2.70']],
  text: [
    'annual report',
    'REPORT%2050',
    '50%',
    'überblick',
    'U\u0308BERBLICK',
    'straße',
    '\\users\\',
    '/',
    '_',
    'a%20b',
    'zz',
  ],
} as const satisfies { readonly [name in keyof Filters]?: readonly Filters[name][] };

test('each filter, each pair of filters and several together select the rows that a plain filter does', async () => {
  await store.add(tenant, job(1), all);
  const single = Object.entries(tried).flatMap(([name, values]) => values.map((value) => ({ [name]: value })));
  const pairs = single.flatMap((one, i) =>
    single
      .slice(i + 1)
      .filter((other) => Object.keys(one)[0] !== Object.keys(other)[0])
      .map((other) => ({ ...one, ...other })),
  );
  const together = { users: tried.users[0], services: tried.services[0], results: tried.results[0], text: 'annual' };
  const few = pairs.filter((_, i) => i % 29 === 0);
  let found = 0;
  for (const filters of [{}, ...single, ...few, together]) {
    using snapshot = await store.snapshot({ ...everything, tenant, ...filters });
    const expected = naive({ ...noFilters, ...filters });
    assert.deepEqual((await rowsOf(snapshot)).flat().sort(), expected.sort(), JSON.stringify(filters));
    found += expected.length;
  }
  assert.ok(found > all.length);
});

test('a filter of another tenant, or one with 100 entries of the greatest length, selects nothing', async () => {
  const other = 'others' as TenantId;
  const count = async (filters: Partial<Filters>) => {
    using snapshot = await store.snapshot({ ...everything, tenant: other, ...filters });
    return snapshot.rows;
  };
  await store.add(other, job(1), [activity(1, { user: 'eve@fabrikam.example' })]);
  assert.equal(await count({ users: ['ana@contoso.example', 'eve@fabrikam.example'] }), 1);
  assert.equal(await count({ users: ['ana@contoso.example', 'bo@contoso.example'] }), 0);
  const wide = Array.from({ length: 100 }, (_, i) => `${i}${'é'.repeat(250)}`);
  assert.equal(
    await count({ services: wide, recordTypes: wide, results: wide, clientIps: wide, text: 'é'.repeat(1024) }),
    0,
  );
});
