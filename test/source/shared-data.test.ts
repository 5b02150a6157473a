import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { itemsOf, noSharedData, sharedFile, utf16 } from './reading.ts';

/** File, activities (Google: events), distinct identities, rejects: as the data's README counts them. */
const files = [
  ['m365-management-api/splunk-o365-examples.ndjson', 17, 17, 1],
  ['m365-management-api/elastic-sharepointfileop.ndjson', 11, 4, 0],
  ['m365-management-api/elastic-sharepoint-pageviewed.ndjson', 4, 1, 0],
  ['m365-management-api/elastic-sp-sharing-op.ndjson', 10, 10, 0],
  ['m365-management-api/elastic-ms-teams.ndjson', 4, 4, 0],
  ['m365-management-api/elastic-exchange-item-2.ndjson', 2, 2, 0],
  ['m365-management-api/elastic-ip-formats.ndjson', 15, 1, 0],
  ['m365-management-api/panther-rule-tests.ndjson', 9, 3, 0],
  ['m365-management-api/derived-content-blob-array.json', 48, 38, 0],
  ['purview-csv/techjollof-search-ual-500.csv', 500, 500, 0],
  ['purview-csv/techjollof-search-ual-11.csv', 11, 11, 0],
  ['purview-csv/techjollof-search-ual-formatted-4.csv', 4, 4, 0],
  ['purview-csv/techjollof-search-ual-array.json', 2, 2, 0],
  ['purview-csv/techjollof-search-ual-object.json', 2, 2, 0],
  ['purview-csv/derived-portal-8col-us-date.csv', 48, 38, 0],
  ['purview-csv/derived-portal-8col-iso-bom-crlf.csv', 48, 38, 0],
  ['purview-csv/derived-portal-4col-bom-crlf.csv', 48, 38, 0],
  ['graph-audit/graph2otel-live-3.json', 3, 3, 0],
  ['graph-audit/derived-graph-records.json', 38, 38, 0],
  ['google-reports/gws-drive.items.json', 31, 31, 0],
  ['google-reports/gws-login.activities.json', 44, 44, 0],
  ['google-reports/gws-user_accounts.activities.json', 4, 4, 0],
  ['google-reports/gws-admin.ndjson', 141, 141, 0],
  ['google-reports/gws-calendar.activities.json', 16, 16, 0],
  ['google-reports/gws-groups_enterprise.activities.json', 4, 4, 0],
  ['google-reports/cribl-drive-2025.items.json', 7, 7, 0],
  ['google-reports/panther-drive-scenario.ndjson', 2, 2, 0],
] as const;

const somePieces = [1, 7, 4096, 3, 65_537, 2, 1000, 31];

for (const [name, activities, identities, rejects] of files) {
  test(`${name} holds what its README counts, however it comes`, { skip: noSharedData }, async () => {
    const bytes = sharedFile(name);
    const items = await itemsOf(bytes);
    const found = items.flatMap((item) => (item.kind === 'activity' ? [item.activity] : []));
    assert.equal(found.length, activities);
    assert.equal(new Set(found.map((activity) => activity.activityId)).size, identities);
    assert.equal(items.length - found.length, rejects);
    assert.ok(found.every((activity) => !/[\r\n]/.test(activity.raw) && typeof JSON.parse(activity.raw) === 'object'));

    const text = bytes.toString('utf8').replace(/^\ufeff/, '');
    const packed = gzipSync(bytes);
    const half = Math.floor(bytes.length / 2);
    assert.deepEqual(await itemsOf(packed), items, 'gzipped');
    const members = Buffer.concat([gzipSync(bytes.subarray(0, half)), gzipSync(bytes.subarray(half))]);
    assert.deepEqual(await itemsOf(members), items, 'gzipped in two members');
    assert.deepEqual(await itemsOf(utf16(text, 'le')), items, 'UTF-16, little endian');
    assert.deepEqual(await itemsOf(utf16(text, 'be'), { pieces: somePieces }), items, 'UTF-16, big endian, in pieces');
    assert.deepEqual(await itemsOf(bytes, { pieces: somePieces }), items, 'in pieces');
    assert.deepEqual(await itemsOf(packed, { pieces: [1, 2, 997] }), items, 'gzipped, in pieces');
    if (bytes.length < 20_000) assert.deepEqual(await itemsOf(bytes, { pieces: [1] }), items, 'byte by byte');
  });
}

test('columns that were flattened are read, and dates of no certain order are set aside', {
  skip: noSharedData,
}, async () => {
  const file = sharedFile('purview-csv/techjollof-expanded-columns-3.csv');
  const items = await itemsOf(file);
  assert.deepEqual(
    items.map((item) => item.kind === 'reject' && /^CreationTime can be read as day or month first/.test(item.reason)),
    [true, true, true],
  );
  const certain = await itemsOf(file.toString('utf8').replaceAll('3/12/2025', '3/13/2025'));
  assert.deepEqual(
    certain.map((item) => item.kind === 'activity' && item.activity.activity),
    ['disable-Mailbox', 'disable-Mailbox', 'disable-Mailbox'],
  );
});

test('the impossible time is the reject of the Splunk file, with its line and its member', {
  skip: noSharedData,
}, async () => {
  const items = await itemsOf(sharedFile('m365-management-api/splunk-o365-examples.ndjson'));
  const [reject] = items.filter((item) => item.kind === 'reject');
  assert.equal(reject?.line, 18);
  assert.match(reject.reason, /^CreationTime is not a valid time/);
  assert.match(reject.record, /2023-10-10T17:08:65/);
});

test('the same records say the same in every wrapper', { skip: noSharedData }, async () => {
  const inWrapper = async (name: string) =>
    (await itemsOf(sharedFile(name))).flatMap((item) => (item.kind === 'activity' ? [item.activity] : []));
  const plain = await inWrapper('m365-management-api/derived-content-blob-array.json');
  for (const name of ['8col-us-date', '8col-iso-bom-crlf', '4col-bom-crlf']) {
    assert.deepEqual(await inWrapper(`purview-csv/derived-portal-${name}.csv`), plain, name);
  }
  const graph = await inWrapper('graph-audit/derived-graph-records.json');
  for (const row of graph) {
    // Rows of a repeated id differ in the order of members only, and Graph's keep themselves whole.
    const same = plain.find((activity) => activity.activityId === row.activityId);
    assert.deepEqual({ ...row, raw: '' }, { ...same, raw: '' });
  }
});

test('all spellings of a client address lose port and brackets', { skip: noSharedData }, async () => {
  const items = await itemsOf(sharedFile('m365-management-api/elastic-ip-formats.ndjson'));
  const addresses = items.map((item) => (item.kind === 'activity' ? item.activity.clientIp : ''));
  const [v4, mapped, v6, host, domain] = [
    '10.11.12.13',
    '::ffff:10.11.12.13',
    '2001:db8::abcd',
    'localhost',
    'cool.client.local',
  ];
  assert.deepEqual(addresses, [
    ...[v4, v4, v4, mapped, mapped, v6, v6, v6, v4],
    ...[host, host, host, domain, domain, domain],
  ]);
});
