import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { placesIn } from '../../../src/config.ts';
import type { JobId, TenantId } from '../../../src/domain/ids.ts';
import { Store } from '../../../src/store/store.ts';
import { run } from '../../cli/tiny-service.ts';
import { Program } from '../program.ts';
import { anna, bert, filesWith, ndjson, recordsOf } from './people.ts';

const reject = { Id: 'no-time', UserId: anna, Operation: 'FileAccessed' };
let program: Program;

before(async () => {
  program = await Program.start();
});
after(() => program.remove());

test('the rejects of an import that was received before an erasure and ends after it are not kept', async () => {
  program.holdWorker();
  const headers = { 'content-type': 'application/octet-stream' };
  const body = ndjson([...recordsOf(anna, 20), ...recordsOf(bert, 20), reject]);
  const { jobId } = await program.json<{ jobId: number }>('/insights/imports', { method: 'POST', body, headers });
  const forgetting = run(['forget', 'user', anna], { env: { TRAILPORT_DATA: program.data } });
  for (;;) {
    const { jobs } = await program.json<{ jobs: object[] }>('/insights/jobs?type=erase');
    if (jobs.length > 0) break;
  }
  program.releaseWorker();
  assert.equal((await forgetting).status, 0);
  assert.equal((await program.ended(jobId)).jobStatus, 2);
  const { result } = await program.json<{ result: { rejected: number } }>(`/insights/job/${jobId}`);
  assert.equal(result.rejected, 1);
  const answer = await program.call(`/insights/job/${jobId}/rejects`);
  assert.equal(answer.status, 410);
  assert.match(((await answer.json()) as { message: string }).message, /activities were erased/);
  assert.deepEqual(filesWith(program.data, anna), []);
});

test('an erasure whose job is gone is finished by the next start', async () => {
  const { data } = program;
  await program.stop();
  {
    await using store = await Store.open(placesIn(data).store);
    const { pending } = await store.erase(
      'default' as TenantId,
      900 as JobId,
      { what: 'user', user: bert, before: null },
      1,
    );
    assert.equal(pending.length, 1);
  }
  assert.notDeepEqual(filesWith(placesIn(data).store, bert), []);
  program = await Program.start({ data });
  type Erasure = { jobId: number; request: { what: string }; result: { rows: number } | null };
  for (;;) {
    const { jobs } = await program.json<{ jobs: Erasure[] }>('/insights/jobs?type=erase');
    const rest = jobs.find(({ request }) => request.what === 'unfinished');
    if (rest === undefined) continue;
    assert.equal((await program.ended(rest.jobId)).jobStatus, 2);
    const { result } = await program.json<Erasure>(`/insights/job/${rest.jobId}`);
    assert.deepEqual(result, { rows: 20 });
    break;
  }
  assert.deepEqual(filesWith(placesIn(data).store, bert), []);
});
