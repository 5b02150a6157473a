import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import {
  activitiesOf,
  activityOf,
  csvHeader,
  csvRow,
  itemsOf,
  json,
  outline,
  readingOf,
  record,
  utf16,
} from '../reading.ts';

const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
const wide = 'RecordId,UserId,AuditData';
const wideRow = (id: string) => `${id},u,${quoted(json(id))}`;

/** Tables as people have them; each row of each is found once and nothing is set aside. */
const tables: Readonly<Record<string, readonly [file: string, found: readonly string[]]>> = {
  'the same header again': [[csvHeader, csvRow(json('a')), csvHeader, csvRow(json('b'))].join('\r\n'), ['2 a', '4 b']],
  'the same header again, with its BOM': [
    [`\ufeff${csvHeader}`, csvRow(json('a')), `\ufeff${csvHeader}`, csvRow(json('b'))].join('\n'),
    ['2 a', '4 b'],
  ],
  'another header': [[csvHeader, csvRow(json('a')), wide, wideRow('b')].join('\n'), ['2 a', '4 b']],
  'another header in another order': [
    ['RecordId,AuditData', `a,${quoted(json('a'))}`, 'AuditData,RecordId', `${quoted(json('b'))},b`].join('\n'),
    ['2 a', '4 b'],
  ],
  'another header with another separator': [
    [csvHeader, csvRow(json('a')), 'sep=;', 'RecordId;AuditData', `b;${quoted(json('b'))}`].join('\n'),
    ['2 a', '5 b'],
  ],
  'another header with a #TYPE line': [
    [csvHeader, csvRow(json('a')), '#TYPE Selected.X', wide, wideRow('b')].join('\n'),
    ['2 a', '5 b'],
  ],
  'records flattened to columns, after rows with audit data': [
    [csvHeader, csvRow(json('a')), 'Id,CreationTime,Operation', 'b,2026-03-02T08:15:00,X'].join('\n'),
    ['2 a', '4 b'],
  ],
  'sep=,': [`sep=,\r\n${csvHeader}\r\n${csvRow(json('a'))}\r\n`, ['3 a']],
  'SEP=;': [`SEP=;\nRecordId;AuditData\na;${quoted(json('a'))}\n`, ['3 a']],
  'sep=, with BOM and quotes': [`\ufeff"sep=,"\n${csvHeader}\n${csvRow(json('a'))}`, ['3 a']],
  'whole rows in one cell': [
    [csvHeader, quoted(csvRow(json('a'))), quoted(csvRow(json('b')))].join('\n'),
    ['2 a', '3 b'],
  ],
  'whole rows in one cell, the header too, and empty cells behind': [
    [quoted(csvHeader), `${quoted(csvRow(json('a')))};;`, csvRow(json('b'))].join('\n'),
    ['2 a', '3 b'],
  ],
  'bars between its columns': [`RecordId|AuditData\na|${quoted(json('a'))}\n||\n`, ['2 a']],
  'sep=|': [`sep=|\nRecordId|AuditData\na|${quoted(json('a'))}\n`, ['3 a']],
  'rows of separators only': [[csvHeader, ',,,', csvRow(json('a')), ',,,', ';;;;', ',,,,,,'].join('\n'), ['3 a']],
  'empty cells behind each row': [`${wide}\n${wideRow('a')},,\n${wideRow('b')},\n`, ['2 a', '3 b']],
};

for (const [name, [file, found]] of Object.entries(tables)) {
  test(`a table with ${name} is read whole`, async () => {
    assert.deepEqual(await outline(file), found);
    assert.deepEqual(await outline(file, { pieces: [1] }), found, 'byte by byte');
    assert.deepEqual(await outline(gzipSync(file), { pieces: [7] }), found, 'gzipped');
  });
}

test('a row that only resembles a header is a row, and one with too many cells is set aside', async () => {
  const file = [csvHeader, `AuditLog,b,c,${quoted(json('a'))}`, '1,2,3,4,5', csvRow(json('b'))].join('\n');
  assert.deepEqual(await outline(file), ['2 a', '3 reject', '4 b']);
});

test('flattened records are read by the names of their columns, and the row as JSON is the original', async () => {
  const graph = 'id,createdDateTime,auditLogRecordType,operation,userPrincipalName,userId,service,auditData.ClientIP';
  const sentinel = '"TimeGenerated [UTC]",OfficeId,RecordType,Operation,UserId,OfficeWorkload,OfficeObjectId,Site_Url';
  const purview = 'RecordId,CreationDate,RecordType,Operation,UserId';
  const nested =
    'Id,CreationTime,Operation,UserId,MailboxOwnerUPN,Item.Subject,ExtendedProperties[0].Name,ExtendedProperties[0].Value';
  const rows = [
    [
      graph,
      'a,2026-03-05T08:44:12Z,X,Op,u@x,key,Svc,192.0.2.1:80',
      { user: 'u@x', service: 'Svc', clientIp: '192.0.2.1' },
    ],
    [
      sentinel,
      '"3/13/2026, 8:44:12.500 AM",a,T,Op,u@x,SharePoint,https://x.example/b/c.txt,https://x.example/b',
      { user: 'u@x', item: 'c.txt', site: 'https://x.example/b', timeMs: Date.UTC(2026, 2, 13, 8, 44, 12, 500) },
    ],
    [purview, 'a,2026-03-05T08:44:12Z,2,Op,u@x', { user: 'u@x', recordType: 'ExchangeItem' }],
    [
      nested,
      'a,2026-03-05T08:44:12Z,Op,u@x,box@x,Offer,UserAgent,curl/8',
      { item: 'Offer', object: 'box@x', userAgent: 'curl/8' },
    ],
    [
      'ID;CREATIONTIME;OPERATION;EMPTY',
      'a;2026-03-05T08:44:12Z;Op;',
      { raw: '{"Id":"a","CreationTime":"2026-03-05T08:44:12Z","Operation":"Op"}' },
    ],
  ] as const;
  for (const [header, row, is] of rows) {
    const activity = await activityOf(`${header}\n${row}\n`);
    assert.equal(activity.activityId, 'a');
    assert.equal(activity.activity, 'Op');
    for (const [name, value] of Object.entries(is)) assert.equal(activity[name as keyof typeof activity], value, name);
    const again = await activityOf(activity.raw);
    assert.deepEqual({ ...again, raw: '' }, { ...activity, raw: '' }, 'the original reads the same');
  }
});

test('a table without an id or a time is refused, and one with columns of something else too', async () => {
  for (const header of ['Operation,UserId,Workload', 'Id,Name,Town', 'CreationTime,UserId']) {
    await assert.rejects(() => itemsOf(`${header}\n1,2,3\n`), { code: 'import_not_understood' }, header);
  }
});

test('a table of gam report is Google activities, one a row, each apart from the others', async () => {
  const header =
    'name,type,actor.callerType,actor.email,actor.profileId,doc_id,doc_title,doc_type,owner,id.applicationName,id.customerId,id.time,id.uniqueQualifier,ipAddress';
  const row = (title: string) =>
    `edit,access,USER,ada@workspace.example,1,d1,${title},document,ada@workspace.example,drive,C0,2026-03-02T08:15:00.250Z,-81,198.51.100.7`;
  const activities = await activitiesOf(`${header}\n${row('A')}\n${row('B')}\n${row('A')}\n`);
  const [first] = activities;
  assert.deepEqual(
    [first?.source, first?.user, first?.activity, first?.object, first?.item, first?.recordType, first?.clientIp],
    ['google', 'ada@workspace.example', 'edit', 'd1', 'A', 'access', '198.51.100.7'],
  );
  assert.equal(first?.timeMs, Date.UTC(2026, 2, 2, 8, 15, 0, 250));
  assert.equal(new Set(activities.map((one) => one.activityId)).size, 2);
  const more = await activitiesOf(`${header},visibility\n${row('A')},\n`);
  assert.equal(more[0]?.activityId, first?.activityId, 'a further empty column changes no identity');
});

test('columns that hold the record as JSON are unwrapped: Splunk, Defender, Kibana', async () => {
  for (const column of ['_raw', 'RawEventData', 'event.original', '_source.event.original']) {
    const { found, assumed } = await readingOf(`when,${column}\nx,${quoted(json('a'))}\n`);
    assert.deepEqual(found, ['a'], column);
    assert.match(assumed.join(), /names of their columns/);
    assert.equal((await activityOf(`when,${column}\nx,${quoted(json('a'))}\n`)).raw, json('a'));
  }
});

test('an encoding that the file does not name is recognised by all of its bytes, and reported', async () => {
  const file = `${csvHeader}\n${csvRow(json('a', { Operation: 'Café' }))}\n`;
  const in1252 = await readingOf(Buffer.from(file, 'latin1'));
  assert.deepEqual(in1252.found, ['a']);
  assert.match(in1252.assumed.join(), /windows-1252/);
  assert.equal((await activityOf(Buffer.from(json('a', { Operation: 'Café' }), 'latin1'))).activity, 'Café');
  // Bytes 80 to 9F: windows-1252 and not ISO 8859-1.
  const euro = Buffer.from(json('a', { Operation: 'EUR' }).replace('EUR', '\u0080'), 'latin1');
  assert.equal((await activityOf(euro)).activity, '€');
  assert.deepEqual((await readingOf(file)).assumed, []);
  // A byte that windows-1252 does not use: another encoding, and the record is set aside.
  const other = Buffer.from(json('a', { Operation: 'x\u0081y\u00e9' }), 'latin1');
  assert.match((await readingOf(`${json('b')}\n`)).found.join(), /^b$/);
  assert.match(
    (await itemsOf(Buffer.concat([Buffer.from(`${json('b')}\n`), other]))).map((item) => item.kind).join(),
    /^activity,reject$/,
  );
  for (const order of ['le', 'be'] as const) {
    const unmarked = await readingOf(utf16(file, order).subarray(2));
    assert.deepEqual(unmarked.found, ['a']);
    assert.match(unmarked.assumed.join(), new RegExp(`read as UTF-16${order.toUpperCase()}`));
  }
});

test('a type name of PowerShell instead of JSON is set aside with what to do, the other rows are read', async () => {
  const names = [
    'System.Collections.Hashtable',
    '@{Id=a; Operation=X}',
    'Microsoft.Graph.PowerShell.Models.AuditData',
    'System.Object[]',
  ];
  for (const name of names) {
    const [first, second] = await itemsOf(`${csvHeader}\n${csvRow(name)}\n${csvRow(json('b'))}\n`);
    assert.ok(first?.kind === 'reject' && /PowerShell type.*ConvertTo-Json -Depth 20/.test(first.reason), name);
    assert.equal(second?.kind, 'activity');
    const row = { id: 'g', createdDateTime: '2026-03-02T08:15:00Z', auditLogRecordType: 'X', auditData: name };
    const [graph] = await itemsOf(JSON.stringify(row));
    assert.ok(graph?.kind === 'reject' && /^auditData holds the name of a PowerShell type/.test(graph.reason));
  }
  assert.equal(
    (await activityOf(`${csvHeader}\n${csvRow(JSON.stringify(record('System.Id')))}`)).activityId,
    'System.Id',
  );
});
