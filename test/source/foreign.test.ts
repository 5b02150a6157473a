import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Failure } from '../../src/domain/failure.ts';
import { csvHeader, csvRow, itemsOf, json, outline, utf16 } from './reading.ts';

const foreign = {
  'an empty file': '',
  'white space': ' \n\t\r\n',
  'a PDF document': '%PDF-1.7\n%âãÏÓ\n',
  'an HTML page': '<!DOCTYPE html><html><body>Sign in</body></html>',
  XML: '<?xml version="1.0"?><a/>',
  'binary data': 'abc\u0000\u0001\u0002',
  'text that is neither JSON nor CSV': 'Dear all,\nplease find attached the records.\n'.replace(',', ''),
  'a CSV of 3 columns without one named AuditData': 'Name,Age,Town\nAda,36,London\n',
  'JSON without a Microsoft 365 or Google Workspace audit record': '{"users":[{"name":"Ada"}]}',
  'text that is not JSON': '[section]\nkey = value\n',
  'JSON of bare values such as a text, a number or null, with no object': '5\n"x"\nnull\n',
};

for (const [found, file] of Object.entries(foreign)) {
  test(`${found} is refused with a sentence that says what was found and what is understood`, async () => {
    for (const bytes of [Buffer.from(file), gzipSync(file)]) {
      await assert.rejects(
        () => itemsOf(bytes),
        (error) =>
          error instanceof Failure &&
          error.code === 'import_not_understood' &&
          error.message.includes(`The file is ${found === 'white space' ? 'an empty file' : found};`) &&
          /Management Activity API.*AuditData.*Graph.*Google Reports/.test(error.message),
      );
    }
  });
}

/** A tar archive of one file: a header of 512 bytes with its magic at 257, then the content. */
function tar(content: string): Buffer {
  const header = Buffer.alloc(512);
  header.write('records.json');
  header.write('ustar\u000000', 257);
  return Buffer.concat([header, Buffer.from(content.padEnd(1024, '\0'))]);
}

/** Bytes that would all be characters of windows-1252, but for a NUL. */
const compressed = (magic: string) => Buffer.from(`${magic}$p\u0003\u0000abc\u00e9`, 'latin1');
const syslog = (id: string) => `Aug  6 05:46:40 host o365: ${json(id)}\n`;
const formatList = `\r\n\r\nRecordType   : SharePoint\r\nCreationDate : 8/6/2026 5:46:40 AM\r\nAuditData    : ${json('a')}`;
const formatTable = 'RecordType CreationDate UserIds\r\n---------- ------------ -------\r\nSharePoint 8/6/2026 a\r\n';

for (const [what, file, found, advice] of [
  ['a tar archive', tar(json('a')), 'a tar archive', 'unpack it'],
  ['a tar archive, gzipped', gzipSync(tar(json('a'))), 'a tar archive', 'unpack it'],
  ['a small 7-Zip archive', compressed('7z\u00bc\u00af\u0027\u001c'), 'a 7-Zip archive', 'unpack it'],
  ['a little Zstandard data', compressed('(\u00b5/\u00fd'), 'Zstandard data', 'unpack it'],
  ['little xz data', compressed('\u00fd7zXZ'), 'xz data', 'unpack it'],
  ['Format-List', formatList, 'the screen output of PowerShell', 'Export-Csv'],
  ['Format-List in UTF-16', utf16(formatList, 'le'), 'the screen output of PowerShell', 'Export-Csv'],
  ['Format-Table', `\r\n${formatTable}`, 'the screen output of PowerShell', 'Export-Csv'],
  ['lines of syslog', syslog('a') + syslog('b'), 'text with JSON behind other text', 'send the JSON alone'],
  ['lines of syslog with priorities', `<134>${syslog('a')}`, 'text with JSON behind other text', 'send the JSON alone'],
] as const) {
  test(`${what} is refused by its name, with what to do`, async () => {
    await assert.rejects(
      () => itemsOf(file),
      (error) =>
        error instanceof Failure &&
        error.code === 'import_not_understood' &&
        error.message.startsWith(`The file is ${found}`) &&
        error.message.includes(advice),
    );
  });
}

test('records below a line of text are read, and so are those whose own texts look like an archive or the screen', async () => {
  assert.deepEqual(await outline(`${syslog('a')}${json('b')}`), ['1 reject', '2 b']);
  assert.deepEqual(await outline(json('ustar'.padStart(300, '-- --\n'))), [`1 ${'ustar'.padStart(300, '-- --\n')}`]);
});

test('a CSV whose lines end in CR alone is refused with what to do', async () => {
  const rows = `${csvHeader}\n${csvRow(json('a'))}\n${csvRow(json('b'))}\n`;
  const alone = rows.replaceAll('\n', '\r');
  // Longer than the first look at a file, which then ends inside a quote.
  const long = `${csvHeader}\r${csvRow(json('a', { Notes: 'x'.repeat(100_000) }))}\r`;
  for (const text of [alone, `${alone}\n`, `#TYPE Selected\r${alone}`, long]) {
    for (const bytes of [Buffer.from(text), gzipSync(text)]) {
      const message = /^The file is a CSV whose lines end in CR alone; save it with CRLF or LF line ends/;
      await assert.rejects(() => itemsOf(bytes), { code: 'import_not_understood', message });
    }
  }
  assert.deepEqual(await itemsOf(`${csvHeader}\r`), []);
});

test('lists of something else are not understood, lists of nothing are', async () => {
  for (const file of ['[1,2]', '{"value":[{"name":"Ada"}]}', '{"a":1}\n{"b":2}\n', '"text"', '[[[[[[]]]]]]']) {
    await assert.rejects(() => itemsOf(file), { code: 'import_not_understood' }, file);
  }
  for (const file of [
    '[]',
    ' [ ] \n',
    '{"items":[]}',
    '{"kind":"admin#reports#activities","etag":"x","items":[]}',
    '{"kind":"admin#reports#activities","etag":"x"}',
    '{"activities": [ ]}',
    '{"@odata.context":"x","value":[]}',
    csvHeader,
    `\ufeff${csvHeader}\r\n`,
  ]) {
    assert.deepEqual(await itemsOf(file), [], file);
  }
});

test('kinds and wrappers may be mixed in one file', async () => {
  const google = '{"id":{"time":"2026-03-02T08:15:00Z","uniqueQualifier":"1"},"events":[{"name":"e"}]}';
  const graph = '{"id":"g","createdDateTime":"2026-03-02T08:15:00Z","auditLogRecordType":"X","auditData":{}}';
  const cmdlet = `{"Identity":"c","AuditData":${JSON.stringify('{"CreationTime":"2026-03-02"}')}}`;
  const all = [json('m'), google, graph, cmdlet];
  const ids = ['m', '2026-03-02T08:15:00.000Z///1/1/e', 'g', 'c'];
  assert.deepEqual(
    await outline(all.join('\n')),
    ids.map((id, i) => `${i + 1} ${id}`),
  );
  assert.deepEqual(
    await outline(all.join('')),
    ids.map((id) => `1 ${id}`),
  );
  assert.deepEqual(
    await outline(`[${all.join(',\n')}]`),
    ids.map((id, i) => `${i + 1} ${id}`),
  );
  const pages = `{"value":[${json('a')},${json('b')}]}\n{"items":[${google}],"nextPageToken":"t"}\n[${json('d')}]\n`;
  assert.deepEqual(await outline(pages), ['1 a', '1 b', `2 ${ids[1]}`, '3 d']);
});

test('a record that owns a list called items is no page', async () => {
  const [item] = await itemsOf(json('a', { items: [{ Id: 'inner', CreationTime: '2026-03-02' }], value: [1] }));
  assert.ok(item?.kind === 'activity' && item.activity.activityId === 'a');
});
