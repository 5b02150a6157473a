import assert from 'node:assert/strict';
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

/** The files of a table with the data of its parts; small parts have one each. */
function partsOf(table: string): string[] {
  const { store } = placesIn(program.data);
  const cut = `engine/store/*/*/${table}.sql`;
  const [definition = ''] = globSync(cut, { cwd: store });
  const [, uuid = ''] = /UUID '([0-9a-f-]+)'/.exec(readFileSync(join(store, definition), 'utf8')) ?? [];
  assert.notEqual(uuid, '', table);
  return globSync(`engine/store/*/${uuid}/*/data.bin`, { cwd: store }).map((file) => join(store, file));
}

type Ended = { readonly state: string; readonly failure: { readonly code: string } | null };

/** How an export ended. */
async function exported(body: object): Promise<Ended> {
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-cache' };
  const request = { method: 'POST', headers, body: JSON.stringify({ source: 'microsoft365', format: 'csv', ...body }) };
  const { jobId } = await program.json<{ jobId: number }>('/insights/exports', request);
  await program.ended(jobId);
  return program.json<Ended>(`/insights/job/${jobId}`);
}

test('a part that is damaged while the service runs fails the report that needs it, and doctor --thorough names its table', async () => {
  const doctor = async (...options: string[]) => {
    const { out } = await run(['doctor', '--data', program.data, '--json', ...options]);
    const { checks } = JSON.parse(out) as { checks: { name: string; state: string; finding: string }[] };
    return checks.filter(({ name }) => ['rows', 'parts', 'hourly counts'].includes(name));
  };
  assert.deepEqual(new Set((await doctor('--thorough')).map(({ state }) => state)), new Set(['ok']));
  assert.equal((await exported({})).state, 'finished');
  const parts = partsOf('activity');
  assert.ok(parts.length > 0);
  const whole = parts.map((part) => readFileSync(part));
  for (const part of parts) {
    const bytes = readFileSync(part);
    for (let at = 16; at < bytes.length; at += 64) bytes[at]! ^= 0xff;
    writeFileSync(part, bytes);
  }
  assert.deepEqual(((ended) => [ended.state, ended.failure?.code])(await exported({})), ['failed', 'store_damaged']);
  const damaged = (await doctor('--thorough')).find(({ name }) => name === 'parts');
  assert.match(`${damaged?.state}: ${damaged?.finding}`, /^to do: damaged: activity /);
  for (const [i, part] of parts.entries()) writeFileSync(part, whole[i]!);
  assert.equal((await exported({})).state, 'finished');
});

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
