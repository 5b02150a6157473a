import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Activity } from '../../../src/domain/activity.ts';
import { followed, readRecords } from '../../../src/source/source.ts';
import { limits } from '../reading.ts';

const folder = new URL('../../../../shared/data/field/', import.meta.url);
const skip = existsSync(folder) ? false : 'shared/data/field is not here';

type Expected = {
  readonly ids: readonly string[];
  readonly is?: Partial<Activity>;
  readonly assumed?: RegExp;
  readonly raw?: string;
};

/** File by file what its README asks for. */
const files: Readonly<Record<string, Expected>> = {
  'm03.csv': { ids: ['m03a', 'm03b'] },
  'm04.csv': { ids: ['m04a', 'm04b'] },
  'm09.csv': { ids: ['m09'] },
  'm10.csv': { ids: ['m10'], is: { activity: 'Fileü' }, assumed: /windows-1252/ },
  'm12a.ndjson': { ids: ['m12a'], assumed: /office365/, raw: '{"Id":"m12a",' },
  'm12b.ndjson': { ids: ['m12b'], assumed: /_source\.event\.original/, raw: '{"Id":"m12b",' },
  'm12e.json': {
    ids: ['m12e'],
    is: {
      timeMs: Date.UTC(2026, 2, 5, 8, 44, 12),
      service: 'SharePoint',
      object: 'https://contoso.sharepoint.example/a.docx',
      item: 'a.docx',
      recordType: 'SharePointFileOperation',
    },
  },
  'm17.csv': {
    ids: ['m17'],
    assumed: /names of their columns/,
    raw: '{"Id":"m17","CreationTime":"2026-03-05T08:44:12","Operation":"FileAccessed","UserId":"m@contoso.example"}',
  },
  'm19.csv': { ids: ['m19a', 'm19b'], is: { timeMs: Date.UTC(2026, 7, 3, 11, 57, 12) }, assumed: /day first/ },
  'm20.json': { ids: ['m20'], is: { item: '~$test.xlsx' } },
  'm23.json': { ids: ['m23'], raw: '{"Id":"m23",' },
  'm24.csv': { ids: ['m24'] },
  'm29.json': { ids: ['m29'], is: { timeMs: Date.UTC(2026, 2, 5, 8, 44, 12) } },
  'm34.csv': { ids: ['m34'] },
};

for (const [name, { ids, is = {}, assumed, raw = '' }] of Object.entries(files)) {
  test(`the field case ${name} is read as its README says, and nothing is set aside`, { skip }, async () => {
    const read = await everything(name);
    assert.deepEqual(
      read.items.map((item) => (item.kind === 'activity' ? item.activity.activityId : item.reason)),
      ids,
    );
    const [first] = read.items;
    assert.ok(first?.kind === 'activity' && first.activity.raw.startsWith(raw));
    for (const [member, value] of Object.entries(is)) {
      assert.equal(first.activity[member as keyof Activity], value, member);
    }
    if (assumed !== undefined) assert.match(read.assumed.join('\n'), assumed);
  });
}

test('the field case m06.csv is refused with the cause and what to do', { skip }, async () => {
  const { items } = await everything('m06.csv');
  assert.equal(items.length, 1);
  const [item] = items;
  assert.ok(item?.kind === 'reject' && /name of a PowerShell type.*ConvertTo-Json -Depth/.test(item.reason));
});

async function everything(name: string) {
  const bytes = readFileSync(new URL(name, folder));
  const file = followed(bytes.length, async function* (start, end) {
    yield bytes.subarray(start, end);
  });
  const assumed: string[] = [];
  const batches = await Array.fromAsync(readRecords(file, limits, (sentence) => assumed.push(sentence)));
  return { items: batches.flat(), assumed };
}
