import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { jobIdOf, openService } from './fixtures.ts';

const service = await openService();
after(() => service[Symbol.asyncDispose]());
const { bench } = service;

let people = 0;
async function start(tenant = 'contoso'): Promise<number> {
  const headers = { authorization: `Bearer ${tenant}:exporter` };
  return jobIdOf((await service.json(`/insights/users/person${++people}/activities/export`, { headers })).body);
}

type Page = { jobs: { jobId: number; state: string; type: string }[]; next: string | null };

async function page(query = '', tenant = 'contoso'): Promise<Page> {
  const headers = { authorization: `Bearer ${tenant}:exporter` };
  const { status, body } = await service.json(`/insights/jobs${query}`, { headers });
  assert.equal(status, 200, JSON.stringify(body));
  return body as unknown as Page;
}

test('a job in each of its states says exactly what is true in it', async () => {
  const id = await start();
  const shown = async () => (await service.json(`/insights/job/${id}`)).body;
  assert.deepEqual((await shown()).queuePosition, 1);
  const lease = await bench.claim();
  await bench.progress(lease, { rows: 5, rowsTotal: 10, percent: 50 });
  const running = await shown();
  assert.deepEqual(
    [running.state, running.attempt, running.progress, running.queuePosition],
    ['running', 1, { rows: 5, rowsTotal: 10, percent: 50 }, null],
  );
  assert.match(String(running.startedAt), /^20.*Z$/);
  await bench.finish(lease);
  const finished = await shown();
  assert.deepEqual([finished.state, finished.etaSeconds], ['finished', null]);
  assert.deepEqual(finished.progress, { percent: 100, rows: 3, rowsTotal: 3 });
  const report = finished.report as Record<string, unknown>;
  assert.deepEqual(Object.keys(report), ['fileName', 'bytes', 'rows', 'sha256', 'files']);
  assert.match(String(finished.expiresAt), /^20.*Z$/);
  await bench.expire('contoso', lease.id);
  const expired = await shown();
  assert.deepEqual([expired.state, expired.report, expired.expiresAt], ['expired', null, null]);
});

test('a failed job says why, by code and sentence', async () => {
  const id = await start();
  const failure = { code: 'disk_full', message: 'The disk is full.' } as const;
  await bench.fail(await bench.claim(), failure);
  const { body } = await service.json(`/insights/job/${id}`);
  assert.deepEqual([body.state, body.failure, body.report], ['failed', failure, null]);
});

test('DELETE cancels what waits or runs with 202, removes the report of what has ended with 204, again and again', async () => {
  const remove = async (id: number) => {
    const answer = await service.call(`/insights/job/${id}`, { method: 'DELETE' });
    return { status: answer.status, text: await answer.text() };
  };
  const waiting = await start();
  const cancelled = await remove(waiting);
  assert.equal(cancelled.status, 202);
  assert.equal((JSON.parse(cancelled.text) as { state: string }).state, 'cancelled');
  assert.deepEqual(await remove(waiting), { status: 204, text: '' });
  const running = await start();
  const lost = await bench.claim();
  assert.equal((await remove(running)).status, 202);
  await assert.rejects(bench.claim());
  assert.equal((await bench.job('contoso', lost.id)).state, 'cancelled');
  const finished = await start();
  await bench.finish(await bench.claim());
  assert.deepEqual(await remove(finished), { status: 204, text: '' });
  assert.equal((await service.call(`/insights/job/${finished}/exportfile`)).status, 410);
  assert.equal((await remove(finished)).status, 204);
  assert.equal((await remove(9_999_999)).status, 404);
});

test("another tenant's job cannot be cancelled", async () => {
  const id = await start('fabrikam');
  const headers = { authorization: 'Bearer tailspin:exporter' };
  assert.equal((await service.call(`/insights/job/${id}`, { method: 'DELETE', headers })).status, 404);
  assert.equal((await page('?state=waiting', 'fabrikam')).jobs[0]?.jobId, id);
  await service.call(`/insights/job/${id}`, {
    method: 'DELETE',
    headers: { authorization: 'Bearer fabrikam:exporter' },
  });
});

test('jobs are listed newest first, page by page, by state and by type, and only those of the tenant', async () => {
  const ids: number[] = [];
  for (let i = 0; i < 5; i++) ids.unshift(await start('litware'));
  const lease = await bench.claim();
  await bench.finish(lease);
  const listed: number[] = [];
  let next: string | null = null;
  do {
    const { jobs, next: after } = await page(`?limit=2${next === null ? '' : `&after=${next}`}`, 'litware');
    listed.push(...jobs.map(({ jobId }) => jobId));
    next = after;
  } while (next !== null);
  assert.deepEqual(listed, ids);
  assert.deepEqual((await page('?limit=5', 'litware')).next, null);
  assert.deepEqual(
    (await page('?state=finished', 'litware')).jobs.map(({ jobId }) => jobId),
    [lease.id],
  );
  assert.deepEqual(await page('?type=import', 'litware'), { jobs: [], next: null });
  assert.deepEqual(await page('', 'nobody'), { jobs: [], next: null });
});

for (const [query, sentence] of [
  ['state=done', /state must be one of waiting, running, finished/],
  ['type=exports', /type must be one of export, import/],
  ['limit=0', /^limit must be 1 or more\.$/],
  ['limit=-1', /^limit must be 1 or more\.$/],
  ['limit=1001', /^limit must be 1000 or less\.$/],
  ['limit=99999999999999999999', /^limit must be 1000 or less\.$/],
  ['limit=ten', /^limit must be a whole number\.$/],
  ['limit=1.5', /^limit must be a whole number\.$/],
  ['after=x', /after must be the next of the page before/],
  ['page=2', /page is not a known parameter/],
  ['=x', /^A parameter has an empty name; give it one of its own or leave it out\.$/],
  ['limit=5&%20=x', /^A parameter has an empty name/],
] as const) {
  test(`/insights/jobs?${query} answers 400 with a sentence`, async () => {
    const { status, body } = await service.json(`/insights/jobs?${query}`);
    assert.equal(status, 400);
    assert.match(String(body.message), sentence);
  });
}
