import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { itemsOf } from './reading.ts';

const latin1 = (text: string) => Buffer.from(text, 'latin1');
const record = (id: string) =>
  JSON.stringify({
    CreationTime: '2026-01-01T00:00:00',
    Id: id,
    Operation: 'Send',
    RecordType: 2,
    UserId: 'a@contoso.example',
  });

test('records that are no UTF-8 are set aside, so that no two of them become one; the rest goes in', async () => {
  const file = Buffer.concat([latin1(`${record('id-\u00e9')}\n${record('id-\u00e8')}\n`), Buffer.from(record('id-é'))]);
  for (const bytes of [file, gzipSync(file)]) {
    const items = await itemsOf(bytes);
    assert.deepEqual(
      items.map((item) =>
        item.kind === 'reject' ? `${item.line} ${item.reason.slice(0, 27)}` : item.activity.activityId,
      ),
      ['1 The record is not UTF-8 text', '2 The record is not UTF-8 text', 'id-é'].map((text) => text.slice(0, 29)),
    );
  }
});

test('rows of a CSV that are no UTF-8 are set aside, the others go in', async () => {
  const row = (id: string) => `2026-01-01T00:00:00,a@contoso.example,Send,"${record(id).replaceAll('"', '""')}"\n`;
  const file = Buffer.concat([
    Buffer.from(`CreationDate,UserIds,Operations,AuditData\n${row('one')}`),
    latin1(row('id-\u00e9')),
    Buffer.from(row('zwei-ü')),
  ]);
  const items = await itemsOf(file);
  assert.deepEqual(
    items.map((item) => (item.kind === 'reject' ? item.line : item.activity.activityId)),
    ['one', 3, 'zwei-ü'],
  );
});

test('U+FFFD that was written as such is a text like any other', async () => {
  const [item] = await itemsOf(record('id-\ufffd'));
  assert.equal(item?.kind === 'activity' && item.activity.activityId, 'id-\ufffd');
});
