import type { Json } from '../naive.ts';
import type { Random } from './random.ts';

/** A record of the Management Activity API, and its text as it stands in a file. */
export type OddRecord = { readonly record: Json; readonly text: string };

const users = [
  'megan.bowen@contoso.example',
  'Megan.Bowen@CONTOSO.example',
  'MEGAN.BOWEN@CONTOSO.EXAMPLE',
  'megan.bowen@contoso.example.org',
  'megan.bowen_fabrikam.example#EXT#@contoso.onmicrosoft.com',
  'Megan.Bowen_Fabrikam.example#ext#@contoso.onmicrosoft.com',
  'NT AUTHORITY\\SYSTEM (Microsoft.Exchange.ServiceHost)',
  'NT AUTHORITY\\SYSTEM (w3wp)',
  'nt authority\\system (W3WP)',
  'NT SERVICE\\MSExchangeAdminApiNetCore',
  'S-1-5-18',
  'S-1-5-21-3006345287-2043142376-1234567890-500',
  'app@sharepoint',
  'SHAREPOINT\\system',
  '00000002-0000-0ff1-ce00-000000000000',
  '{00000002-0000-0FF1-CE00-000000000000}',
  'Not Available',
  'ServicePrincipal_fc8c8125-bc0c-499d-8344-e53c6e3caa81',
  'José.Núñez@contoso.example',
  'JOSE\u0301.NU\u0301N\u0303EZ@contoso.example',
  '山田太郎@contoso.example',
  "o'brien+audit@contoso.example",
  'a b@contoso.example',
  'percent%40sign@contoso.example',
  '=cmd|x@contoso.example',
  '',
];

const site = 'https://contoso.sharepoint.example/sites/team1';
const organizations = 'EURPR04A009.PROD.OUTLOOK.COM/Microsoft Exchange Hosted Organizations';
const objects = [
  site,
  `${site}/`,
  `${site}//`,
  `${site.toUpperCase()}/SHARED DOCUMENTS/PLAN.DOCX`,
  `${site}/Shared Documents`,
  `${site}/Shared Documents/`,
  `${site}/Shared%20Documents/plan.docx`,
  `${site}/Shared%2520Documents/plan.docx`,
  `${site}/Shared Documents//plan.docx`,
  `${site}/Shared Documents/sub/plan.docx?web=1`,
  `${site}/Shared Documents/100%25 sure.docx`,
  `${site}/Shared Documents/a#b.docx`,
  `${site}/Freigegebene Dokumente/Übersicht für März.xlsx`,
  `${site}/Freigegebene%20Dokumente/%C3%9Cbersicht%20f%C3%BCr%20M%C3%A4rz.xlsx`,
  `${site}/Freigegebene Dokumente/U\u0308bersicht fu\u0308r Ma\u0308rz.xlsx`,
  `${site}/共有ドキュメント/議事録 😀.docx`,
  `${site}/caf%E9/menu.txt`,
  `${site}0/Shared Documents/plan.docx`,
  `${site}0`,
  'https://contoso.sharepoint.example/sites/Team2/Lists/Tasks/1_.000',
  'https://contoso.sharepoint.example',
  'C:\\Users\\Ana\\Desktop\\~$plan.xlsx',
  'c:\\users\\ana\\desktop\\plan.xlsx',
  'C:/Users/Ana/Documents/plan.xlsx',
  'C:\\Users\\Anabel\\plan.xlsx',
  '\\\\?\\C:\\Users\\Ana\\Desktop\\deep.txt',
  '\\\\FileServer\\Share\\Folder\\a.txt',
  '\\\\fileserver\\share2\\a.txt',
  `${organizations}/contoso.onmicrosoft.com/SystemMailbox{0AF09B7F}`,
  `${organizations.toLowerCase()}/contoso.onmicrosoft.com/Discovery`,
  `${organizations}/contoso.onmicrosoft.com2/x`,
  '00000003-0000-0000-c000-000000000000',
  '00000003-0000-0000-C000-000000000000',
  'contoso.onmicrosoft.com\\Transport Settings',
  'https://signin.example/saml;3e71560f-3e31-45ab-b439-46328fe55b88',
  'Unknown (Unknown)',
  'megan.bowen@contoso.example',
  '-formula',
  '',
];

/** What people ask for that is no object itself: folders of the objects above, in other spellings. */
export const askedFolders = [
  `${site.toUpperCase()}/shared%20documents/`,
  `${site}/freigegebene dokumente`,
  `${site}/Freigegebene%2520Dokumente`,
  'https://contoso.sharepoint.example/sites',
  'c:\\USERS\\ana',
  'C:\\Users\\Ana\\',
  'C:\\',
  '\\\\FILESERVER\\share',
  organizations,
  `${organizations.toLowerCase()}/contoso.onmicrosoft.com/`,
  'https://contoso.sharepoint.example/sites/nothing',
  'contoso.onmicrosoft.com',
];

export const addresses = [
  '192.0.2.7',
  '192.0.2.7:443',
  '[192.0.2.7]',
  '[192.0.2.7]:12345',
  '::ffff:192.0.2.7',
  '[::ffff:192.0.2.7]:12345',
  '::FFFF:C000:207',
  '2001:db8::abcd',
  '2001:DB8::ABCD',
  '2001:0db8:0000:0000:0000:0000:0000:abcd',
  '[2001:db8:0:0::abcd]',
  '[2001:db8::abcd]:443',
  '2001:db8::abce',
  '192.0.2.77',
  'localhost',
  '[cool.client.local]:12345',
  'cool.client.local:12345',
  '',
];

const kinds = [
  {
    RecordType: 6,
    Workload: 'SharePoint',
    Operations: ['FileAccessed', 'FileModified', 'FILEACCESSED', 'ÄnderungGemacht'],
  },
  { RecordType: 14, Workload: 'OneDrive', Operations: ['SharingSet', 'FileAccessed'] },
  { RecordType: 1, Workload: 'Exchange', Operations: ['Set-Mailbox', 'New-InboxRule', 'set-mailbox'] },
  { RecordType: 15, Workload: 'AzureActiveDirectory', Operations: ['UserLoggedIn', 'UserLoginFailed'] },
  { RecordType: 8, Workload: 'azureactivedirectory', Operations: ['Add member to role.', 'Update user.'] },
  { RecordType: 99_999, Workload: 'New Service, Inc.', Operations: ['Some,Thing', 'it\'s "new"'] },
];
const results = ['Succeeded', 'succeeded', 'Failed', 'True', 'PartiallySucceeded', ''];
const items = [
  '',
  '',
  '',
  'Quarterly Plan.xlsx',
  '100% sure_.docx',
  'ÜBERSICHT.xlsx',
  'übersicht.xlsx',
  '=SUM(A1)',
  '議事録.docx',
];

const startMs = Date.UTC(2025, 11, 20);
const spanMs = 40 * 86_400_000;

/**
 * Records with `ids` different ids. An eighth of them come in a second version that says more, in a half of those with
 * another user, object and time: the first version must be in no report.
 */
export function oddRecords(random: Random, ids: number): OddRecord[] {
  return Array.from({ length: ids }, (_, i) => i).flatMap((i) => {
    const first = oddRecord(random, i);
    if (!random.chance(0.125)) return [textOf(first)];
    const other = random.chance(0.5) ? oddRecord(random, i) : first;
    const padding = 'x'.repeat(1000 + JSON.stringify(first).length);
    return random.shuffled([textOf(first), textOf({ ...other, Comment: padding })]);
  });
}

function oddRecord(random: Random, number: number): Json {
  const { RecordType, Workload, Operations } = random.pick(kinds);
  const ResultStatus = random.pick(results);
  const SourceFileName = random.pick(items);
  const address = random.pick(addresses);
  // Several at one time, so that their order is that of their ids.
  const step = random.chance(0.3) ? 6 * 3_600_000 : 1000;
  const timeMs = startMs + Math.floor((random.next() * spanMs) / step) * step;
  return {
    CreationTime: new Date(timeMs).toISOString().slice(0, 19),
    Id: `${['a', 'B', 'é', '~', '%2F'][number % 5]}-${(number * 7919) % 100_003}-${number}`,
    Operation: random.pick(Operations),
    OrganizationId: '0e8108b1-18e9-41a4-961b-dfcddf92ef08',
    RecordType,
    UserId: random.pick(users),
    UserType: random.below(6),
    Workload,
    ObjectId: random.pick(objects),
    ...(ResultStatus === '' ? {} : { ResultStatus }),
    ...(SourceFileName === '' ? {} : { SourceFileName }),
    ...(address === '' ? {} : { [random.chance(0.8) ? 'ClientIP' : 'ActorIpAddress']: address }),
  };
}

function textOf(record: Json): OddRecord {
  return { record, text: JSON.stringify(record) };
}
