import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { run } from '../../cli/tiny-service.ts';
import { Program } from '../program.ts';
import { activitiesOf } from '../workbook.ts';
import { anna, bert, filesWith, ndjson, recordsOf } from './people.ts';

const count = 150;
const records = [...recordsOf(anna, count), ...recordsOf(bert, count)];
let program: Program;

before(async () => {
  // Exports that began before the erasure are not waited for: they start again.
  program = await Program.start({ env: { TRAILPORT_ERASE_WAIT_MS: '0' } });
  await program.import(ndjson(records));
});
after(() => program.remove());

const trailport = (argv: string[]) => run(argv, { env: { TRAILPORT_DATA: program.data } });

type Counts = { readonly anna: number; readonly bert: number };

/** What a new report holds; null when it was removed before it could be downloaded. */
async function exported(): Promise<Counts | null> {
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-cache' };
  const body = '{"source":"microsoft365"}';
  const { jobId } = await program.json<{ jobId: number }>('/insights/exports', { method: 'POST', body, headers });
  assert.equal((await program.ended(jobId)).jobStatus, 2);
  const answer = await program.call(`/insights/job/${jobId}/exportfile`);
  if (answer.status === 410) return null;
  assert.equal(answer.status, 200, await (answer.status === 200 ? '' : answer.text()));
  const users = (await activitiesOf(Buffer.from(await answer.arrayBuffer()))).map((row) => row.User);
  return { anna: users.filter((user) => user === anna).length, bert: users.filter((user) => user === bert).length };
}

/** Does it again and again until the returned function is called, which answers with all results. */
function repeated<T>(work: () => Promise<T>): () => Promise<T[]> {
  let goesOn = true;
  const results: T[] = [];
  const running = (async () => {
    while (goesOn) results.push(await work());
  })();
  return async () => {
    goesOn = false;
    await running;
    return results;
  };
}

test('reports during an erasure are from before or after it, while the same records are imported and the worker is killed', async () => {
  const stopExports = [repeated(exported), repeated(exported)];
  const stopImports = repeated(() => program.import(ndjson(records)));
  const forgetting = trailport(['forget', 'user', anna, '--json']);
  for (;;) {
    const { jobs } = await program.json<{ jobs: object[] }>('/insights/jobs?type=erase&state=running');
    if (jobs.length > 0) break;
  }
  process.kill(program.workerPid, 'SIGKILL');
  const ran = await forgetting;
  assert.equal(ran.status, 0, ran.err);
  assert.deepEqual((JSON.parse(ran.out) as { result: object }).result, { rows: count });
  const afterwards = await exported();
  const reports = (await Promise.all(stopExports.map((stop) => stop()))).flat().filter((counts) => counts !== null);
  const imports = (await stopImports()) as unknown as { state: string; result: { added: number } }[];
  assert.deepEqual(afterwards, { anna: 0, bert: count });
  for (const counts of reports) {
    assert.equal(counts.bert, count);
    assert.ok(counts.anna === 0 || counts.anna === count, `${counts.anna} of ${count}`);
  }
  for (const { state, result } of imports) assert.deepEqual([state, result.added], ['finished', 0]);
  assert.deepEqual(await exported(), { anna: 0, bert: count });
  // What waits to be imported may have the name until its import has ended.
  assert.deepEqual(filesWith(program.data, anna), []);
});
