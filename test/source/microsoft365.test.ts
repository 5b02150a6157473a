import assert from 'node:assert/strict';
import { test } from 'node:test';
import { activityOf, csvHeader, csvRow, itemsOf, json, record } from './reading.ts';

test('every column of a SharePoint record comes from its own member', async () => {
  const site = 'https://contoso.sharepoint.example/sites/finance/';
  const text = json('a1', {
    UserId: 'lynne_fabrikam.example#EXT#@contoso.example',
    UserType: 10,
    ItemType: 'File',
    SiteUrl: site,
    SourceFileName: '予算 2026.xlsx',
    ObjectId: `${site}Shared%20Documents/予算 2026.xlsx`,
    ResultStatus: 'Succeeded',
    ClientIP: '[2001:db8::7]:51234',
    UserAgent: 'Mozilla/5.0',
  });
  assert.deepEqual(await activityOf(text), {
    source: 'microsoft365',
    activityId: 'a1',
    timeMs: Date.UTC(2026, 2, 2, 8, 15),
    user: 'lynne_fabrikam.example#EXT#@contoso.example',
    userType: 'Guest',
    activity: 'FileAccessed',
    service: 'SharePoint',
    itemType: 'File',
    item: '予算 2026.xlsx',
    object: `${site}Shared%20Documents/予算 2026.xlsx`,
    site,
    result: 'Succeeded',
    clientIp: '2001:db8::7',
    userAgent: 'Mozilla/5.0',
    recordType: 'SharePointFileOperation',
    raw: text,
  });
});

test('the item is the last part of a path, and an id without a slash is its own', async () => {
  const items = [
    ['https://contoso.sharepoint.example/sites/finance/Plan%20A.docx', 'Plan%20A.docx'],
    ['https://contoso.sharepoint.example/sites/finance/', 'finance'],
    ['https://contoso.sharepoint.example/_layouts/15/x.aspx?id=/a/b', 'x.aspx'],
    ['https://contoso.sharepoint.example/sites/r&d #1/notes #2.txt', 'notes #2.txt'],
    ['NAMP1.PROD/Hosted Organizations/contoso', 'contoso'],
    ['contoso.example\\Default Data Config', 'contoso.example\\Default Data Config'],
    ['C:\\Users\\User01\\Desktop\\~$test.xlsx', '~$test.xlsx'],
    ['c:\\Users\\', 'Users'],
    ['\\\\server\\share\\Plan A.docx', 'Plan A.docx'],
    ['\\Device\\HarddiskVolume3\\a/b.txt', 'a/b.txt'],
    ['C:/Users/a.txt', 'a.txt'],
    ['Unknown', 'Unknown'],
  ] as const;
  for (const [ObjectId, item] of items) assert.equal((await activityOf(json('a', { ObjectId }))).item, item);
});

test('of a mailbox operation the object is the mailbox, and the item its subject or folder', async () => {
  const MailboxOwnerUPN = 'megan.bowen@contoso.example';
  const items = [
    [{ Item: { Subject: 'Offer', ParentFolder: { Path: '\\Inbox' } } }, 'Offer'],
    [{ Item: { ParentFolder: { Path: '\\Inbox' } } }, '\\Inbox'],
    [{ AffectedItems: [{ Subject: 'Invoice' }, { Subject: 'Other' }] }, 'Invoice'],
    [{ Folder: { Path: '\\Sent Items' } }, '\\Sent Items'],
    [{}, ''],
  ] as const;
  for (const [over, item] of items) {
    const activity = await activityOf(json('a', { MailboxOwnerUPN, ...over }));
    assert.deepEqual([activity.object, activity.item], [MailboxOwnerUPN, item]);
  }
});

test('a client address loses its port, its brackets and its IPv6 zone', async () => {
  const addresses = [
    ['fe80::1%eth0', 'fe80::1'],
    ['fe80::1%12', 'fe80::1'],
    ['[fe80::1%eth0]:443', 'fe80::1'],
    ['fe80::1%', 'fe80::1'],
    ['host%name', 'host%name'],
    ['2001:db8::7', '2001:db8::7'],
  ] as const;
  for (const [ClientIP, clientIp] of addresses)
    assert.equal((await activityOf(json('a', { ClientIP }))).clientIp, clientIp);
});

test('the first address that says something counts, and the user agent may be an extended property', async () => {
  const activity = await activityOf(
    json('a', {
      ClientIP: '',
      ClientIPAddress: null,
      ActorIpAddress: '203.0.113.9:443',
      ClientInfoString: 'Client=OWA',
      ExtendedProperties: [
        { Name: 'RequestType', Value: 'OAuth2:Authorize' },
        { Name: 'UserAgent', Value: 'curl/8' },
      ],
    }),
  );
  assert.deepEqual([activity.clientIp, activity.userAgent], ['203.0.113.9', 'curl/8']);
});

test('numbers become the names of the schema, and what has no name stays', async () => {
  const types = [
    [15, 3, 'AzureActiveDirectoryStsLogon', 'DcAdmin'],
    [261, 9, 'CopilotInteraction', 'PartnerTechnician'],
    ['295', '0', 'AuditSearch', 'Regular'],
    ['ExchangeAdmin', 'DcAdmin', 'ExchangeAdmin', 'DcAdmin'],
    [99_999, 77, '99999', '77'],
    [-1, null, '-1', ''],
    ['__NULL__', 'constructor', '', 'constructor'],
  ] as const;
  for (const [RecordType, UserType, recordType, userType] of types) {
    const activity = await activityOf(json('a', { RecordType, UserType }));
    assert.deepEqual([activity.recordType, activity.userType], [recordType, userType]);
  }
});

test('values of other types become text, and lone surrogates U+FFFD while raw keeps its escapes', async () => {
  const text = json('a', { UserId: { Name: 'x', N: 1 }, ResultStatus: true, ObjectId: ['a', 2], Workload: '\ud800!' });
  const activity = await activityOf(text);
  assert.deepEqual(
    [activity.user, activity.result, activity.object, activity.service],
    ['{"Name":"x","N":1}', 'true', '["a",2]', '\ufffd!'],
  );
  assert.match(activity.raw, /"\\ud800!"/);
});

test('ids written as numbers beyond 2^53 stay apart', async () => {
  const items = await itemsOf(
    '{"Id":9007199254740993,"CreationTime":"2026-03-02"}\n{"Id":9007199254740992,"CreationTime":"2026-03-02"}',
  );
  const ids = items.map((item) => (item.kind === 'activity' ? item.activity.activityId : ''));
  assert.deepEqual(ids, ['9007199254740993', '9007199254740992']);
});

test('the audit data decides, and a row fills only what it lacks', async () => {
  const header = 'Identity,RecordType,CreationDate,UserIds,Operations,AuditData';
  const file = (data: object, date: string) =>
    `${header}\n"row id",ExchangeAdmin,"${date}",row user,row operation,"${JSON.stringify(data).replaceAll('"', '""')}"\n`;
  const full = await activityOf(file(record('a'), 'no date at all'));
  assert.deepEqual(
    [full.activityId, full.user, full.recordType],
    ['a', 'megan.bowen@contoso.example', 'SharePointFileOperation'],
  );
  for (const date of ['3/14/2025 4:26:43 PM', '2025-03-14T16:26:43.0000000Z ', '2025-03-14 16:26:43']) {
    const filled = await activityOf(file({ Workload: 'Exchange', RecordType: 4711 }, date));
    assert.equal(new Date(filled.timeMs).toISOString(), '2025-03-14T16:26:43.000Z');
    assert.deepEqual(
      [filled.activityId, filled.user, filled.activity, filled.service, filled.recordType],
      ['row id', 'row user', 'row operation', 'Exchange', 'ExchangeAdmin'],
    );
  }
});

test('columns come in any order, case and separator, and below a #TYPE line', async () => {
  const cell = json('a').replaceAll('"', '""');
  const want = await activityOf(`${csvHeader}\n${csvRow(json('a'))}`);
  for (const file of [
    `#TYPE Selected.System.Object\r\n"AUDITDATA","creationdate"\r\n"${cell}","x"\r\n`,
    `creationdate;auditdata\n1;"${cell}"`,
    `Operations\tAuditData\tNew column\nx\t"${cell}"\ty\n`,
  ]) {
    assert.deepEqual(await activityOf(file), want);
  }
});

test('audit data inside JSON keeps its own text, as object or as string', async () => {
  const data = '{ "Id" : "a",\n  "CreationTime":"2026-03-02T08:15:00", "N": 1.0e2,\r\n\t"U":"\\u0041" }';
  const raw = '{"Id":"a","CreationTime":"2026-03-02T08:15:00","N":1.0e2,"U":"\\u0041"}';
  const rows = [
    `{"AuditData": {"old": 1}, "Operations":"{,}", "AuditData": ${data}}`,
    JSON.stringify([{ AuditData: data }]),
  ];
  for (const row of rows) assert.equal((await activityOf(row)).raw, raw);
});

test('in Graph rows userPrincipalName is the user, userId never, and the row stays whole', async () => {
  const row = {
    id: 'g1',
    createdDateTime: '2026-03-02T08:15:00Z',
    auditLogRecordType: 'NewKind',
    operation: 'Op',
    userType: 'Guest',
    userId: 'the user key',
    service: 'Svc',
    objectId: null,
    userPrincipalName: '__NULL__',
    clientIp: '192.0.2.1:80',
    auditData: { '@odata.type': '#x', RecordType: 65_000, ClientIP: null, ObjectId: '__NULL__' },
  };
  const text = JSON.stringify(row);
  const activity = await activityOf(`{"@odata.context":"x","@odata.count":1,"value":[${text}],"@odata.nextLink":"y"}`);
  assert.deepEqual(
    [activity.activityId, activity.user, activity.object, activity.clientIp, activity.recordType, activity.raw],
    ['g1', '', '', '192.0.2.1', 'NewKind', text],
  );
  const named = await activityOf(JSON.stringify({ ...row, userPrincipalName: 'adele@contoso.example' }));
  assert.equal(named.user, 'adele@contoso.example');
});
