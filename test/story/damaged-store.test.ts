import assert from 'node:assert/strict';
import { globSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { placesIn } from '../../src/config.ts';
import { run } from '../cli/tiny-service.ts';
import { Program } from './program.ts';

const user = 'megan@contoso.example';
let program: Program;

before(async () => {
  program = await Program.start();
  const record = { CreationTime: '2026-01-01T00:00:00', Id: 'a', Operation: 'Send', RecordType: 2, UserId: user };
  await program.import(JSON.stringify({ ...record, Workload: 'Exchange' }));
});
after(() => program.remove());

/** What is ready, by part, and the status of the answer. */
async function readiness(): Promise<{ status: number; worker: string | undefined }> {
  const answer = await fetch(`${program.url}/readyz`);
  const { parts } = (await answer.json()) as { parts: Record<string, string> };
  return { status: answer.status, worker: parts.worker };
}

const countRows = () => {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ source: 'microsoft365', user });
  return program.call('/insights/exports?dryRun=true', { method: 'POST', headers, body });
};

test('a store that is damaged when the service starts is named by the log, by /readyz, by every dry run and by doctor', async () => {
  assert.deepEqual(await readiness(), { status: 200, worker: 'ready' });
  assert.equal((await countRows()).status, 200);
  await program.stop();
  const parts = globSync('engine/store/*/*/*/data.bin', { cwd: placesIn(program.data).store });
  assert.ok(parts.length > 0);
  for (const part of parts) rmSync(join(placesIn(program.data).store, part));

  program = await Program.start({ data: program.data, until: 'worker_cannot_start' });
  const line = program.log.find(({ event }) => event === 'worker_cannot_start');
  assert.deepEqual([line?.role, line?.code], ['worker', 'store_damaged']);
  assert.match(String(line?.message), /^The store is damaged.*restore the data directory from a backup\.$/);
  await program.logged(({ event }) => event === 'worker_ended');
  assert.deepEqual(await readiness(), { status: 503, worker: 'store_damaged' });
  const counted = await countRows();
  assert.deepEqual([counted.status, ((await counted.json()) as { code: string }).code], [503, 'store_damaged']);
  const { status, out } = await run(['doctor', '--data', program.data]);
  assert.equal(status, 1);
  assert.match(out, /TO DO {2}server +.* is not ready \(worker: store_damaged\)/);
});
