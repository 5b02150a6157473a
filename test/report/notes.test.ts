import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { jobDocumentFor } from '../../src/api/job.ts';
import { languages } from '../../src/domain/columns.ts';
import type { JobKey } from '../../src/domain/ids.ts';
import { activity } from '../store/activities.ts';
import { Harness, orderFor } from './harness.ts';

const harness = new Harness();
after(() => harness[Symbol.asyncDispose]());

const some = [activity(1), activity(2, { item: 'x'.repeat(40_000) })];

test('names that the store has never seen are a note of the report, its manifest and its job, in every language', async () => {
  const tenant = await harness.keep(some);
  for (const language of languages) {
    const over = { language, user: 'megan@contoso.exampel', eventTypes: ['fileaccessed', 'FileAcessed'] };
    const { notes, entries, ...report } = await harness.report(tenant, 'jsonl', over);
    assert.equal(notes.length, 1);
    assert.match(notes[0]!, /“megan@contoso\.exampel”, “FileAcessed”/);
    assert.doesNotMatch(notes[0]!, /fileaccessed/);
    // The person may have meant the other source.
    assert.match(notes[0]!, /Microsoft 365/);
    assert.deepEqual(JSON.parse(String(entries.get('manifest.json')!.bytes)).notes, notes);

    const { request, jobId, app } = orderFor(tenant, 'jsonl', over);
    const shown = { bytes: report.bytes, rows: 0, sha256: report.sha256, files: [], fileName: 'a.zip', shelfName: 'a' };
    const work = { type: 'export', request } as const;
    const outcome = { type: 'export', report: shown, notes } as const;
    const phase = { state: 'finished', startedAtMs: 0, endedAtMs: 0, expiresAtMs: null, outcome } as const;
    const job = { id: jobId, key: 1 as JobKey, tenant, app, createdAtMs: 0, attempt: 1, ...work, ...phase };
    assert.deepEqual(jobDocumentFor(job, 0).notes, notes);
  }
});

test('a report with nothing to say has no notes; values that were cut are one', async () => {
  const tenant = await harness.keep(some);
  assert.deepEqual((await harness.report(tenant, 'jsonl')).notes, []);
  const { notes } = await harness.report(tenant, 'xlsx');
  assert.match(notes.join(), /^1 value is longer than the 32,767 characters/);
});

test('notes are short, however many and however long the names are', async () => {
  const tenant = await harness.keep(some);
  const eventTypes = Array.from({ length: 1000 }, (_, i) => `${'x'.repeat(256)}${i}`);
  const { notes } = await harness.report(tenant, 'jsonl', { eventTypes });
  assert.match(notes[0]!, /and 980 more names/);
  assert.ok(notes[0]!.length < 5000);
});
