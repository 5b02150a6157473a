import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { activityOf, itemsOf, json, outline, readingOf } from '../reading.ts';

/** A record as its own text, with a number and an escape that rewriting would change. */
const own =
  '{"Id":"a","CreationTime":"2026-03-02T08:15:00","Operation":"Op","UserId":"u@contoso.example","N":1.0e2,"U":"\\u0041"}';
const asText = JSON.stringify(own);

/** What collectors and queries write around a record, and the member that is named as assumed. */
const wrappers: Readonly<Record<string, readonly [file: string, inside: string]>> = {
  'a Wazuh event': [`{"integration":"office365","office365":${own}}`, 'office365'],
  'a Wazuh alert': [
    `{"timestamp":"x","rule":{"level":3},"id":"1.2","data":{"integration":"office365","office365":${own}}}`,
    'data.office365',
  ],
  'a Wazuh alert in an index': [`{"_index":"wazuh","_source":{"data":{"office365":${own}}}}`, '_source.data.office365'],
  'an Elastic document': [
    `{"_index":"i","_id":"1","_source":{"@timestamp":"x","event":{"original":${asText},"id":"a"}}}`,
    '_source.event.original',
  ],
  'a Beats event with its message': [`{"@timestamp":"x","host":{"name":"h"},"message":${asText}}`, 'message'],
  'a Beats event with parsed fields': [`{"@timestamp":"x","o365":{"audit":${own}}}`, 'o365.audit'],
  'a Splunk result': [
    `{"preview":false,"offset":0,"result":{"_raw":${asText},"Operation":"other","UserId":"other","_time":"x"}}`,
    'result._raw',
  ],
  'a Splunk event': [`{"_raw":${asText},"Operation":"other","UserId":"other"}`, '_raw'],
  'a Splunk collector event': [`{"time":1772700252,"sourcetype":"o365","event":${own}}`, 'event'],
  'a Defender row with the record as text': [
    `{"Timestamp":"x","ActionType":"Op","Application":"y","RawEventData":${asText}}`,
    'RawEventData',
  ],
  'a Defender row with the record as object': [
    `{"Timestamp":"x","ActionType":"Op","RawEventData":${own}}`,
    'RawEventData',
  ],
};

for (const [name, [file, inside]] of Object.entries(wrappers)) {
  test(`${name}: the record inside is read, its own text is kept, and the wrapper is named`, async () => {
    for (const text of [file, `${file}\n`, `[${file}]`, JSON.stringify([file]), `{"value":[${file}]}`]) {
      const activity = await activityOf(text);
      assert.deepEqual([activity.activityId, activity.user, activity.activity], ['a', 'u@contoso.example', 'Op']);
      assert.equal(activity.raw, own);
      assert.match(
        (await readingOf(text)).assumed.join('\n'),
        new RegExp(`in its member ${inside.replaceAll('.', '\\.')},`),
      );
    }
  });
}

test('a wrapper may hold a list, and what of it is no record is set aside by itself', async () => {
  const hits = `{"took":1,"hits":{"total":3,"hits":[{"_source":{"message":${asText}}},{"_source":{"message":"no record"}}]}}`;
  const items = await itemsOf(hits);
  assert.deepEqual(
    items.map((item) => item.kind),
    ['activity', 'reject'],
  );
  assert.ok(items[1]?.kind === 'reject' && items[1].record === '{"_source":{"message":"no record"}}');
  for (const name of ['records', 'Records', 'results', 'Results', 'value', 'items', 'activities']) {
    assert.deepEqual(await outline(`{"Schema":1,"${name}":[${json('a')},${json('b')}]}`), ['1 a', '1 b'], name);
  }
});

test('one JSON text that holds a list or a page is read as if the text were the file', async () => {
  const list = `[${json('a')},\r\n${json('b')}]`;
  const lists = [
    list,
    ` \r\n\t${list}`,
    `[ \r\n${list.slice(1)}`,
    `{"value":${list}}`,
    JSON.stringify([json('a'), json('b')]),
  ];
  for (const text of lists) {
    assert.deepEqual(await outline(JSON.stringify(text)), ['1 a', '1 b'], text);
  }
  const table = `"[Time]","AuditData"\n"x","${json('a').replaceAll('"', '""')}"\n`;
  assert.deepEqual(await outline(table), ['2 a'], 'a header that begins like one');
});

test('a list of JSON texts is a list of records, and so are texts one a line', async () => {
  const texts = [json('a'), json('b')].map((text) => JSON.stringify(text));
  assert.deepEqual(await outline(`[${texts.join(',')}]`), ['1 a', '1 b']);
  assert.deepEqual(await outline(texts.join('\n')), ['1 a', '2 b']);
  assert.deepEqual(await outline(gzipSync(`[${texts.join(',\n')}]`), { pieces: [1] }), ['1 a', '2 b']);
});

test('wrappers are unwrapped to a limited depth, and what holds no record is of no known kind', async () => {
  const within = (depth: number) => `${'{"data":'.repeat(depth)}${own}${'}'.repeat(depth)}`;
  assert.deepEqual(await outline(within(8)), ['1 a']);
  const refused = [
    '{"message":"text"}',
    '{"data":{"name":"Ada"}}',
    '{"event":5,"_source":null}',
    within(9),
    within(5000),
  ];
  for (const file of refused) {
    await assert.rejects(() => itemsOf(file), { code: 'import_not_understood' }, file.slice(0, 40));
    assert.deepEqual(await outline(`${json('a')}\n${file}\n`), ['1 a', '2 reject']);
  }
});

test('a record that owns a member called like a wrapper is itself the record', async () => {
  const members = {
    data: { Id: 'x', CreationTime: '2026-03-02' },
    message: own,
    records: [{ Id: 'y', Operation: 'z' }],
  };
  assert.equal((await activityOf(json('own', members))).activityId, 'own');
});

test('a row of Sentinel is an activity, its columns in any case', async () => {
  const row = {
    TenantId: 't',
    TimeGenerated: '2026-03-05T08:44:12.5Z',
    OfficeId: 'a',
    RecordType: 'SharePointFileOperation',
    Operation: 'FileAccessed',
    UserId: 'u@contoso.example',
    UserType: 'Regular',
    OfficeWorkload: 'SharePoint',
    OfficeObjectId: 'https://contoso.sharepoint.example/sites/x/a.docx',
    Site_Url: 'https://contoso.sharepoint.example/sites/x',
    SourceFileName: 'a.docx',
    ClientIP: '192.0.2.1',
    ResultStatus: 'Succeeded',
    Type: 'OfficeActivity',
  };
  const text = JSON.stringify(row);
  const activity = await activityOf(`[${text}]`);
  assert.deepEqual(activity, {
    source: 'microsoft365',
    activityId: 'a',
    timeMs: Date.UTC(2026, 2, 5, 8, 44, 12, 500),
    user: row.UserId,
    userType: 'Regular',
    activity: 'FileAccessed',
    service: 'SharePoint',
    itemType: '',
    item: 'a.docx',
    object: row.OfficeObjectId,
    site: row.Site_Url,
    result: 'Succeeded',
    clientIp: '192.0.2.1',
    userAgent: '',
    recordType: row.RecordType,
    raw: text,
  });
  const [late] = await itemsOf(JSON.stringify({ ...row, TimeGenerated: 'soon' }));
  assert.ok(late?.kind === 'reject' && late.reason.startsWith('TimeGenerated is not a valid time'));
});
