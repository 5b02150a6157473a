import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { seriesOf } from '../metrics/series.ts';
import { Program } from './program.ts';

const program = await Program.start({ env: { TRAILPORT_METRICS_LISTEN: '127.0.0.1:0' } });
after(() => program.remove());
const { url: at } = (await program.logged(({ event }) => event === 'metrics_ready')) as unknown as { url: string };
const pollRoute = '/insights/job/:jobId/exportstatus';

async function figures(): Promise<Map<string, number>> {
  const answer = await fetch(`${at}/metrics`);
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  return seriesOf(await answer.text());
}

/** The figures once they are so: they are at most a second old. */
async function figuresWhen(holds: (figures: Map<string, number>) => boolean): Promise<Map<string, number>> {
  for (;;) {
    const now = await figures();
    if (holds(now)) return now;
  }
}

test('figures tell of imports, exports, plain and held polls, rescues and each part, and of no tenant', async () => {
  const records = Array.from({ length: 20_000 }, (_, i) =>
    JSON.stringify({ CreationTime: '2026-03-01T00:00:00', Id: `r-${i}`, Operation: 'Send', UserId: 'a@b.example' }),
  );
  await program.import(records.join('\n'));
  const path = '/insights/users/a%40b.example/activities/export';
  const { jobId } = await program.json<{ jobId: string }>(path);
  await program.ended(jobId);
  for (let i = 0; i < 20; i++) await program.json(`/insights/job/${jobId}/exportstatus`);
  const finished = 'trailport_jobs_ended_total{state="finished",type="export"}';
  const first = await figuresWhen((now) => now.get(finished) === 1);
  assert.equal(first.get('trailport_report_rows_total'), 20_000);
  assert.ok((first.get('trailport_report_bytes_total') ?? 0) > 10_000);
  assert.equal(first.get('trailport_job_run_seconds_count{state="finished",type="export"}'), 1);
  assert.equal(first.get('trailport_job_attempts_total{type="import"}'), 1);
  assert.equal(first.get('trailport_jobs{state="waiting",type="export"}'), 0);
  for (const part of ['jobs', 'worker', 'files']) assert.equal(first.get(`trailport_part_ready{part="${part}"}`), 1);
  const polls = `trailport_http_requests_total{method="GET",route="${pollRoute}",status="2xx"}`;
  assert.ok((await figuresWhen((now) => (now.get(polls) ?? 0) >= 20)).has(polls));

  // A job that is cut off: its worker is stopped while it waits, then killed while it runs.
  program.holdWorker();
  const fresh = { headers: { 'cache-control': 'no-cache' } };
  const next = await program.json<{ jobId: string }>(path, fresh);
  const held = program.call(`/insights/job/${next.jobId}/exportstatus`, { headers: { prefer: 'wait=60' } });
  const waiting = await figuresWhen((now) => now.get('trailport_http_held_polls') === 1);
  assert.equal(waiting.get('trailport_jobs{state="waiting",type="export"}'), 1);
  await figuresWhen((now) => (now.get('trailport_queue_oldest_age_seconds{type="export"}') ?? 0) > 0);
  program.releaseWorker();
  while ((await program.json<{ state: string }>(`/insights/job/${next.jobId}`)).state === 'waiting');
  process.kill(program.workerPid, 'SIGKILL');
  assert.equal((await held).status, 200);
  const last = await figuresWhen((now) => now.get('trailport_http_held_polls') === 0);
  const rescues = last.get('trailport_job_rescues_total{because="worker_died",type="export"}') ?? 0;
  const { attempt } = await program.json<{ attempt: number }>(`/insights/job/${next.jobId}`);
  assert.equal(rescues, attempt - 1);
  const text = await (await fetch(`${at}/metrics`)).text();
  assert.ok(!text.includes('default') && !text.includes('b.example') && !text.includes(program.credentials.clientId));
});

test('the listener of figures answers health too and nothing else; the API answers no figures', async () => {
  const statusOf = async (url: string, init?: RequestInit) => (await fetch(url, init)).status;
  assert.deepEqual(await (await fetch(`${at}/healthz`)).json(), { status: 'alive' });
  assert.equal(await statusOf(`${at}/readyz`), 200);
  assert.equal(await statusOf(`${at}/insights/jobs`), 404);
  assert.equal(await statusOf(`${at}/metrics`, { method: 'POST' }), 405);
  assert.equal(await statusOf(`${program.url}/metrics`), 404);
});

test('every figure that the page on operations names is there, and every figure of the program is on that page', async () => {
  const page = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
  const text = await (await fetch(`${at}/metrics`)).text();
  const there = new Set([...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name = '']) => name));
  const named = new Set(
    [...page.matchAll(/\b(?:trailport|process)_[a-z_]+[a-z]/g)].map(([name]) =>
      there.has(name) ? name : name.replace(/_(bucket|sum|count)$/, ''),
    ),
  );
  assert.deepEqual(
    [...named].filter((name) => name.startsWith('trailport_')).sort(),
    [...there].filter((name) => name.startsWith('trailport_')).sort(),
  );
});
