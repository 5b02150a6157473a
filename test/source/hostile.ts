import { csvHeader, json } from './reading.ts';

const characters = [
  ...['\0', '\t', '\n', '\r', '\u001f', '\u007f', 'a', 'Z', '0', '9', ...'!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~ '],
  ...['\u00a0', '\u00e9', '\u2028', '\ufeff', '\ufffd', '\u{1f600}'],
];

/** Beginnings of everything that some parser of ours knows, repeated without their ends. */
const starts = [
  ...[
    '{"',
    '[{',
    '{"a":',
    '{"a":{',
    '[[',
    '[],',
    '{},',
    '""',
    '","',
    '\\"',
    '\\\\',
    '\\u',
    '"{\\"',
    '{"a":[',
    'null,',
    '1,',
  ],
  ...[
    '{"value":[',
    '"value":[],',
    '{"items":[',
    '"Id":1,',
    '{"_raw":"',
    '{"message":',
    '{"data":',
    '{"a.b":1,',
    '"a.b.c":1,',
  ],
  ...['\r\n', '\n\n', ',\n', ';\n', '\n{', '\n[', '{\n', '}\n', '"\n', '""\n', '"\n"', 'a,"b\n', 'a,b\n', '\r', '\ra,'],
  ...['sep=,\n', '#TYPE\n', `${csvHeader}\n`, 'Id,CreationTime,Operation\n', '_raw\n', 'AuditData\n', 'AuditData,'],
  ...[
    '/Date(',
    '\\/Date(1)\\/',
    '@{',
    '@{value=',
    'System.',
    'Microsoft.',
    '1/1/2026 ',
    '03/08/2026 1:1:1 AM',
    'Monday, ',
  ],
  ...['%41', '%25', 'https://', 'C:\\', 'a/', 'a\\', '[::1]', '::', '1:', 'fe80::%', '<a>', '  \t'],
  `${json('a')}\n`,
  '{"name":"x"},',
];

/** What hostile and broken files repeat. */
export const units: readonly string[] = [...characters, ...starts];

const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
const google = '{"id":{"time":"2026-03-05","uniqueQualifier":"1"},"events":[';

/** Where a text stands in a file: alone, after each beginning that changes how it is read, in a cell. */
export const places: Readonly<Record<string, (text: string) => string>> = {
  'the file': (text) => text,
  'a list': (text) => `[${json('a')},${text}`,
  'an object': (text) => `{"Id":1,${text}`,
  'an open text': (text) => `{"a":"${text}`,
  'lines after a record': (text) => `${json('a')}\n${text}`,
  'the list of a page': (text) => `{"value":[${json('a')}],${text}`,
  'a value of a record': (text) => `{"Id":"a","CreationTime":"2026-03-05","X":[${text}]}\n`,
  'the events of an activity': (text) => `${google}${text}]}`,
  'rows of a table': (text) => `${csvHeader}\n${text}`,
  'an open cell': (text) => `${csvHeader}\n1,2,3,"${text}`,
  'a cell of audit data': (text) => `${csvHeader}\n1,2,3,${quoted(text)}\n`,
  'a cell with a date': (text) => `CreationDate,AuditData\n${quoted(text)},"{""Id"":""a""}"\n`,
  'rows of a flat table': (text) => `Id,CreationTime,Operation\n${text}`,
  'a header': (text) => `Id,CreationTime,Operation,${text}\n`,
};

const members = [
  ...['Id', 'Operation', 'UserId', 'UserType', 'ObjectId', 'ClientIP', 'SourceFileName', 'UserAgent', 'RecordType'],
  ...['SiteUrl', 'ItemType', 'ResultStatus', 'Workload', 'MailboxOwnerUPN', 'data', 'message', 'event', 'original'],
];

/** Records whose every text is the given one: of each kind, as wrappers, as times. */
export const records: Readonly<Record<string, (text: string) => unknown>> = {
  'every text of a record': (text) => json('a', { ...Object.fromEntries(members.map((name) => [name, text])) }),
  'the time of a record': (text) => json('a', { CreationTime: text }),
  'the time of a record, as PowerShell writes it': (text) => json('a', { CreationTime: { value: text } }),
  'the audit data': (text) => JSON.stringify({ Identity: 'a', CreationDate: text, AuditData: text }),
  'a Graph row': (text) => JSON.stringify({ id: text, createdDateTime: '2026-03-05', auditData: text }),
  'a wrapper': (text) => JSON.stringify({ _raw: text, RawEventData: text, message: text, result: { _raw: text } }),
  'a list of texts': (text) => JSON.stringify([text, text]),
  'the name of a member': (text) => json('a', { [text]: 1 }),
  'an activity of Google': (text) =>
    JSON.stringify({
      id: { time: '2026-03-05', uniqueQualifier: text, applicationName: text },
      actor: { email: text },
      ipAddress: text,
      events: [{ name: text, type: text, parameters: [{ name: 'doc_title', value: text }] }],
    }),
};
