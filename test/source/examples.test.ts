import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Activity } from '../../src/domain/activity.ts';
import { itemsOf } from './reading.ts';

const folder = new URL('../../examples/records/', import.meta.url);
const files = {
  'management-activity.ndjson': [21, 1],
  'purview-search.csv': [14, 0],
  'graph-records.json': [8, 0],
  'google-drive.json': [12, 0],
} as const;

test('the sample records hold what their README says', async () => {
  const distinct = new Map<string, Activity>();
  for (const [name, [activities, rejects]] of Object.entries(files)) {
    const items = await itemsOf(readFileSync(new URL(name, folder)));
    const found = items.flatMap((item) => (item.kind === 'activity' ? [item.activity] : []));
    assert.deepEqual([found.length, items.length - found.length], [activities, rejects], name);
    for (const one of found) distinct.set(`${one.source} ${one.activityId}`, one);
  }
  const all = [...distinct.values()];
  const count = (is: (activity: Activity) => boolean) => all.filter(is).length;
  const below = (path: string) => count(({ object }) => object === path || decodeURI(object).startsWith(`${path}/`));
  const finance = 'https://contoso.sharepoint.example/sites/finance';
  const found = {
    microsoft365: count((one) => one.source === 'microsoft365'),
    google: count((one) => one.source === 'google'),
    'megan.bowen@contoso.example': count((one) => one.user === 'megan.bowen@contoso.example'),
    'lynne_fabrikam.example#EXT#@contoso.example': count((one) => one.user.startsWith('lynne_')),
    [finance]: below(finance),
    [`${finance}/Shared Documents/Budget/2026`]: below(`${finance}/Shared Documents/Budget/2026`),
    'ada@workspace.example': count((one) => one.user === 'ada@workspace.example'),
    '1AdaLovelace_engine-notes_1843xBernoulliNumbers': count((one) => one.object.startsWith('1AdaLovelace')),
  };
  const readme = readFileSync(new URL('README.md', folder), 'utf8').replace(/ +/g, ' ');
  assert.match(readme, new RegExp(`${found.microsoft365} Microsoft 365 and ${found.google} Google activities`));
  for (const [what, activities] of Object.entries(found).slice(2)) {
    assert.ok(readme.includes(`\`${what}\` | ${activities} |`), `${what} has ${activities}`);
  }
});
