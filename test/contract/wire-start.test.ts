import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { activitiesOf } from '../story/workbook.ts';
import { type Case, cases, Wire } from './wire.ts';

let wire: Wire;

const site = 'https://contoso.sharepoint.com/sites/team1';
const long = `${site}/${'長'.repeat(4096 - site.length - 1)}`;

/** What each activity is called in the report, who did what to what, and when. */
const activities: readonly (readonly [item: string, user: string, time: string, operation: string, object: string])[] =
  [
    ['a', 'anna@contoso.com', '2026-11-23T17:00:00', 'ListViewed', `${site}/Shared Documents/a.docx`],
    ['b', 'Anna@Contoso.com', '2026-11-23T17:00:00.900', 'ListItemViewed', `${site}/Shared%20Documents/B.docx`],
    [
      'c',
      'anna@contoso.com',
      '2026-11-23T17:00:01',
      'FileDeleted',
      'https://contoso.sharepoint.com/sites/team10/c.docx',
    ],
    ['d', 'g_x.com#ext#@contoso.com', '2026-11-24T08:00:00', 'FileAccessed', `${site}/`],
    ['e', 'kim@contoso.com', '2026-11-24T09:00:00', 'MailItemsAccessed', 'LgAAAAA1'],
    ['f', 'kim@contoso.com', '2026-11-24T09:00:00', 'MailItemsAccessed', 'LgAAAAA10'],
    [
      'g',
      'kim@contoso.com',
      '2026-11-24T10:00:00',
      'FileAccessed',
      'https://contoso.sharepoint.com/sites/Büro/日本.docx',
    ],
    ['h', 'kim@contoso.com', '2026-11-24T11:00:00', 'FileAccessed', long],
  ];

function microsoft(): string {
  const lines = activities.map(([item, user, time, operation, object]) =>
    JSON.stringify({
      CreationTime: time,
      Id: `id-${item}`,
      Operation: operation,
      RecordType: 6,
      UserType: 0,
      Workload: 'SharePoint',
      UserId: user,
      ObjectId: object,
      SourceFileName: item,
    }),
  );
  return lines.join('\n');
}

function google(): string {
  const view = (item: string, email: string, document: string) => ({
    kind: 'admin#reports#activity',
    id: {
      time: '2026-11-23T17:00:00.000Z',
      uniqueQualifier: `-${item.length}1`,
      applicationName: 'drive',
      customerId: 'C1',
    },
    actor: { email, profileId: '1', callerType: 'USER' },
    events: [
      {
        type: 'access',
        name: 'view',
        parameters: [
          { name: 'doc_id', value: document },
          { name: 'doc_title', value: item },
        ],
      },
    ],
  });
  return JSON.stringify({
    items: [view('plan', 'anna@contoso.com', '1AbC'), view('notes', 'lee@contoso.com', '1abc')],
  });
}

before(async () => {
  wire = await Wire.open();
  await wire.program.import(microsoft());
  await wire.program.import(google());
});
after(() => wire[Symbol.asyncDispose]());

const users = (email: string) => `/insights/users/${email}/activities/export`;
const objects = (path: string) => `/insights/activities/object/${path}/export`;
const anna = users('anna%40contoso.com');
const encoded = encodeURIComponent;

/** What is asked, and the items of the rows in the report. */
const exported: readonly { readonly line: string; readonly request: string; readonly expected: string }[] = [
  { line: 'what one Microsoft 365 user did', request: anna, expected: 'abc' },
  { line: 'what was done to one Microsoft 365 object', request: objects(encoded(site)), expected: 'abdh' },
  {
    line: 'what one Google Workspace user did',
    request: '/insights/google/users/anna%40contoso.com/activities/export',
    expected: 'plan',
  },
  {
    line: 'what was done to one Google object (document id)',
    request: '/insights/google/activities/object/1AbC/export',
    expected: 'plan',
  },
  {
    line: 'both ends are inside',
    request: `${anna}?startTime=2026-11-23T17:00:01&finishTime=2026-11-23T17:00:01`,
    expected: 'c',
  },
  {
    line: 'a finish to the second includes that whole second',
    request: `${anna}?finishTime=2026-11-23T17:00:00`,
    expected: 'ab',
  },
  { line: 'without zone means UTC', request: `${anna}?startTime=2026-11-23T18:00:01%2B01:00`, expected: 'c' },
  { line: 'eventTypes, once', request: `${anna}?eventTypes=ListViewed`, expected: 'a' },
  { line: 'eventTypes, repeated', request: `${anna}?eventTypes=ListViewed&eventTypes=ListItemViewed`, expected: 'ab' },
  { line: 'unknown event types simply match nothing', request: `${anna}?eventTypes=NeverHeardOf`, expected: '' },
  {
    line: 'unknown ones beside known ones match nothing more',
    request: `${anna}?eventTypes=Nope&eventTypes=ListViewed`,
    expected: 'a',
  },
  { line: 'older clients send endTime for finishTime', request: `${anna}?endTime=2026-11-23T17:00:00`, expected: 'ab' },
  { line: 'older clients send language', request: `${anna}?language=en-US`, expected: 'abc' },
  { line: 'guests encoded once', request: users('g_x.com%23ext%23%40contoso.com'), expected: 'd' },
  { line: 'guests encoded twice', request: users('g_x.com%2523ext%2523%2540contoso.com'), expected: 'd' },
  { line: 'paths of 4,096 characters', request: objects(encoded(long)), expected: 'h' },
  { line: 'paths of 4,096 characters, encoded twice', request: objects(encoded(encoded(long))), expected: 'h' },
  { line: 'a user matches ignoring case', request: users('ANNA%40CONTOSO.com'), expected: 'abc' },
  { line: 'a user matches whole', request: users('anna'), expected: '' },
  {
    line: 'an object at a path boundary, never team10',
    request: objects(encoded(site.toUpperCase())),
    expected: 'abdh',
  },
  {
    line: 'an object itself and everything below',
    request: objects(encoded(`${site}/Shared Documents`)),
    expected: 'ab',
  },
  { line: 'ignoring percent-encoding', request: objects(encoded(`${site}/Shared%20Documents/b.docx`)), expected: 'b' },
  { line: 'ignoring a trailing slash', request: objects(encoded(`${site}/`)), expected: 'abdh' },
  {
    line: 'beyond ASCII, ignoring case',
    request: objects(encoded('https://contoso.sharepoint.com/SITES/büro/日本.docx')),
    expected: 'g',
  },
  { line: 'an object that is no URL matches exactly', request: objects('LgAAAAA1'), expected: 'e' },
  { line: 'an object that is no URL matches exactly, case too', request: objects('lgaaaaa1'), expected: '' },
  {
    line: 'a document id matches exactly',
    request: '/insights/google/activities/object/1abc/export',
    expected: 'notes',
  },
];

for (const { line, request, expected } of exported) {
  test(`1.2 ${line} | ${request.slice(0, 120)}`, async () => {
    const id = await wire.start('exported', request);
    assert.deepEqual(await wire.program.ended(id), { jobStatus: 2, status: 200, message: '' });
    const items = (await activitiesOf(await wire.program.download(id))).map((row) => row.Item);
    const wanted = /^[a-h]*$/.test(expected) ? [...expected] : [expected];
    assert.deepEqual(items.sort(), wanted);
  });
}

const started = {
  status: 200,
  headers: { 'cache-control': 'no-store' },
  json: { jobId: /^[1-9][0-9]*$/, status: 200, message: '' },
} as const;
const refused = { status: 400, code: 'parameter_invalid' } as const;

const table: readonly Case[] = [
  { line: '200 {jobId: a string of digits, status, message}, no-store', request: `GET ${anna}`, expected: started },
  { line: 'language ja-JP is understood', request: `GET ${anna}?language=ja-JP`, expected: started },
  { line: 'language fr-FR is understood', request: `GET ${anna}?language=fr-FR`, expected: started },
  {
    line: 'an unknown parameter',
    request: `GET ${anna}?finshTime=2026-01-01`,
    expected: { status: 400, code: 'parameter_unknown' },
  },
  { line: 'a time that is none', request: `GET ${anna}?startTime=2026-13-01`, expected: refused },
  { line: 'an empty value', request: `GET ${anna}?eventTypes=`, expected: refused },
  {
    line: 'finishTime beside endTime',
    request: `GET ${anna}?finishTime=2026-01-01&endTime=2026-01-01`,
    expected: refused,
  },
  { line: 'a token in the address', request: `GET ${anna}?access_token=x`, expected: refused },
  { line: 'an empty email', request: `GET ${users('')}`, expected: refused },
  { line: 'broken percent-encoding', request: `GET ${users('%zz')}`, expected: refused },
];
cases('1.2', () => wire, table);

test('1.2 whatever a user or object is called, the export ends finished', async () => {
  const names = [
    'a\0b',
    "o'hara",
    '"; DROP TABLE x; --',
    '\\',
    '\\N',
    '{user:String}',
    '😀',
    '\u202e',
    "'",
    '`',
    '\n',
    '%',
    '%41%',
  ];
  for (const name of names) {
    for (const path of [users(encoded(name)), objects(encoded(name)), `${anna}?eventTypes=${encoded(name)}`]) {
      const id = await wire.start('odd', path);
      assert.equal((await wire.program.ended(id)).jobStatus, 2, JSON.stringify(name));
    }
  }
});
