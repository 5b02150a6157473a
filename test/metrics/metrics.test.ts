import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JobEvent, JobFigures } from '../../src/domain/figures.ts';
import { Metrics } from '../../src/metrics/metrics.ts';
import { seriesOf } from './series.ts';

const pollRoute = '/poll/:id';
const idle = (type: JobFigures['type']) => ({ type, waiting: 0, running: 0, oldestAtMs: null });

function opened(figures: () => Promise<JobFigures[]> = async () => [idle('export')]) {
  const asked = { figures: 0 };
  const metrics = new Metrics({
    clock: { now: () => 10_000, monotonic: () => 0 },
    figures: () => {
      asked.figures++;
      return figures();
    },
    health: async () => ({ parts: { jobs: 'ready', worker: 'starting' } }),
    pollRoute,
  });
  return { metrics, asked, series: async () => seriesOf(await metrics.text()) };
}

test('what happens to jobs is counted by type: attempts, ends with their run time, rows and bytes of reports, rescues', async () => {
  const { metrics, series } = opened();
  const events: JobEvent[] = [
    { what: 'taken up', type: 'export' },
    { what: 'taken up', type: 'export' },
    { what: 'finished', type: 'export', ms: 700, report: { rows: 24, bytes: 9000 } },
    { what: 'finished', type: 'export', ms: 20, report: { rows: 6, bytes: 1000 } },
    { what: 'finished', type: 'import', ms: 20, report: null },
    { what: 'failed', type: 'import', ms: 20 },
    { what: 'cancelled', type: 'export' },
    { what: 'rescued', type: 'export', because: 'worker_died', gaveUp: false },
    { what: 'rescued', type: 'export', because: 'lease_ran_out', gaveUp: true },
  ];
  for (const event of events) metrics.count(event);
  const figures = await series();
  const wanted = {
    'trailport_job_attempts_total{type="export"}': 2,
    'trailport_jobs_ended_total{state="finished",type="export"}': 2,
    'trailport_jobs_ended_total{state="cancelled",type="export"}': 1,
    'trailport_jobs_ended_total{state="failed",type="export"}': 1,
    'trailport_jobs_ended_total{state="failed",type="import"}': 1,
    'trailport_job_run_seconds_bucket{le="0.05",state="finished",type="export"}': 1,
    'trailport_job_run_seconds_bucket{le="1",state="finished",type="export"}': 2,
    'trailport_job_run_seconds_count{state="failed",type="import"}': 1,
    trailport_report_rows_total: 30,
    trailport_report_bytes_total: 10_000,
    'trailport_job_rescues_total{because="worker_died",type="export"}': 1,
    'trailport_job_rescues_total{because="lease_ran_out",type="export"}': 1,
    'trailport_part_ready{part="jobs"}': 1,
    'trailport_part_ready{part="worker"}': 0,
  };
  for (const [name, value] of Object.entries(wanted)) assert.equal(figures.get(name), value, name);
});

test('the queue is what the job database says; a clock that is behind makes no age below 0', async () => {
  const { series } = opened(async () => [
    { type: 'export', waiting: 3, running: 2, oldestAtMs: 4000 },
    { type: 'import', waiting: 1, running: 0, oldestAtMs: 11_000 },
  ]);
  const figures = await series();
  assert.equal(figures.get('trailport_jobs{state="waiting",type="export"}'), 3);
  assert.equal(figures.get('trailport_jobs{state="running",type="export"}'), 2);
  assert.equal(figures.get('trailport_queue_oldest_age_seconds{type="export"}'), 6);
  assert.equal(figures.get('trailport_queue_oldest_age_seconds{type="import"}'), 0);
});

test('a storm of scrapes asks the job database once', async () => {
  const { metrics, asked } = opened();
  const texts = await Promise.all(Array.from({ length: 1000 }, () => metrics.text()));
  assert.equal(new Set(texts).size, 1);
  for (let i = 0; i < 100; i++) await metrics.text();
  assert.equal(asked.figures, 1);
});

test('while the job database is away, the other figures are given, and none of the queue', async () => {
  const { metrics, series } = opened(() => Promise.reject(new Error('away')));
  metrics.count({ what: 'taken up', type: 'import' });
  const figures = await series();
  assert.equal(figures.get('trailport_job_attempts_total{type="import"}'), 1);
  assert.ok(![...figures.keys()].some((name) => /^trailport_(jobs|queue_oldest_age_seconds)\{/.test(name)));
});

test('answers are counted by route, method and class of status; a stranger makes no series by his choice of method', async () => {
  const { metrics, series } = opened();
  const { traffic } = metrics;
  traffic.plainPolls = 7;
  traffic.heldPolls = 2;
  traffic.answered('GET', pollRoute, 200, 0.002);
  traffic.answered('GET', pollRoute, 200, null);
  traffic.answered('GET', pollRoute, 404, 0.002);
  for (const method of ['BREW', 'PROPFIND', 'LOCK']) traffic.answered(method, undefined, 405, 0.001);
  const figures = await series();
  const of = (name: string, labels: string) => figures.get(`trailport_http_${name}{${labels}}`);
  const poll = `method="GET",route="${pollRoute}"`;
  assert.equal(of('requests_total', `${poll},status="2xx"`), 9);
  assert.equal(of('requests_total', `${poll},status="4xx"`), 1);
  assert.equal(of('requests_total', 'method="other",route="none",status="4xx"'), 3);
  assert.equal(of('request_duration_seconds_count', `${poll},status="2xx"`), 1);
  assert.equal(figures.get('trailport_http_held_polls'), 2);
});

test('two registries in one process share nothing', async () => {
  const [one, two] = [opened(), opened()];
  one.metrics.count({ what: 'taken up', type: 'export' });
  assert.equal((await two.series()).get('trailport_job_attempts_total{type="export"}'), undefined);
});
