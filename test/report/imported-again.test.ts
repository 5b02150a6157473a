import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { reportFormats } from '../../src/domain/columns.ts';
import { activitiesOf, itemsOf, json } from '../source/reading.ts';
import { Harness } from './harness.ts';

const harness = new Harness();
after(() => harness[Symbol.asyncDispose]());

test('a JSON Lines report is imported as it is and says the same; of the other formats it is said what to do', async () => {
  const records = ['a', 'b', 'c'].map((id) => json(id, { ObjectId: `https://contoso.sharepoint.example/${id}.docx` }));
  const activities = await activitiesOf(records.join('\n'));
  const tenant = await harness.keep(activities);
  for (const format of reportFormats) {
    const zip = readFileSync((await harness.report(tenant, format)).path);
    if (format === 'jsonl') assert.deepEqual(await activitiesOf(zip), activities);
    else {
      const message = /a report of Trailport can be imported as JSON Lines; export it again in the format jsonl\.$/;
      await assert.rejects(() => itemsOf(zip), { code: 'import_not_understood', message }, format);
    }
  }
});
