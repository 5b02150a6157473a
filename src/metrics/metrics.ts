import { Counter, Gauge, Histogram, Registry } from '@prometheus-io/client';
import type { JobEvent, JobFigures } from '../domain/figures.ts';
import type { Clock } from '../kit/clock.ts';
import { Recent } from '../kit/recent.ts';
import { describeProcess } from './process.ts';

/** For so long the same text is given: however many ask, the parts are asked once a second. */
const keptMs = 1000;

/** Seconds. From a poll to a download. */
const requestBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60];
/** Seconds. From an export of a few rows to an import of gigabytes. */
const runBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200];

/** Other methods than these are counted together: a stranger chooses the method, but not how many series there are. */
const methods = ['GET', 'HEAD', 'POST', 'DELETE'];

export type MetricsParts = {
  readonly clock: Clock;
  /** Throws while the job database cannot be asked. */
  readonly figures: () => Promise<readonly JobFigures[]>;
  readonly health: () => Promise<{ readonly parts: Readonly<Record<string, string>> }>;
  /** The route of polls that are answered in front of the router. */
  readonly pollRoute: string;
};

/**
 * The figures of one process in the Prometheus text format. What happens is counted in this process and begins at 0 with
 * it; the queue is read from the job database, so every process says the same of it. No label names a tenant, an app or a
 * user: figures are read without a token.
 */
export class Metrics {
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;
  /** Counts answers. See `Traffic` of the API. */
  readonly traffic = {
    plainPolls: 0,
    heldPolls: 0,
    answered: (method: string, route: string | undefined, status: number, seconds: number | null): void => {
      const labels = {
        method: methods.includes(method) ? method : 'other',
        route: route ?? 'none',
        status: `${Math.floor(status / 100)}xx`,
      };
      this.#requests.inc(labels);
      if (seconds !== null) this.#requestSeconds.observe(labels, seconds);
    },
  };
  readonly #parts: MetricsParts;
  readonly #registry = new Registry();
  readonly #recent = new Recent<'text', string>(keptMs, 1);
  readonly #requests;
  readonly #requestSeconds;
  readonly #held;
  readonly #jobs;
  readonly #oldest;
  readonly #taken;
  readonly #ended;
  readonly #runSeconds;
  readonly #rescued;
  readonly #reportRows;
  readonly #reportBytes;
  readonly #ready;
  #plainPollsCounted = 0;

  constructor(parts: MetricsParts) {
    this.#parts = parts;
    const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
      new Counter({ name: `trailport_${name}`, help, labelNames, registers: [this.#registry] });
    const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
      new Gauge({ name: `trailport_${name}`, help, labelNames, registers: [this.#registry] });
    const histogram = <L extends string>(name: string, help: string, labelNames: readonly L[], buckets: number[]) =>
      new Histogram({ name: `trailport_${name}`, help, labelNames, buckets, registers: [this.#registry] });

    const ofRequest = ['method', 'route', 'status'] as const;
    this.#requests = counter('http_requests_total', 'Requests that were answered.', ofRequest);
    const timed = 'Seconds until a request was answered; without polls that were held or answered from memory.';
    this.#requestSeconds = histogram('http_request_duration_seconds', timed, ofRequest, requestBuckets);
    this.#held = gauge('http_held_polls', 'Polls with Prefer: wait that are held now.', []);
    this.#jobs = gauge('jobs', 'Jobs that wait or run, in all processes; at most 100000 are counted.', [
      'state',
      'type',
    ]);
    const oldest = 'How long the oldest waiting job has waited since it was added; 0 if none waits.';
    this.#oldest = gauge('queue_oldest_age_seconds', oldest, ['type']);
    this.#taken = counter('job_attempts_total', 'Attempts that the worker of this process began.', ['type']);
    this.#ended = counter('jobs_ended_total', 'Jobs that this process ended.', ['state', 'type']);
    const run = 'Seconds of the attempt that ended a job.';
    this.#runSeconds = histogram('job_run_seconds', run, ['state', 'type'], runBuckets);
    const rescued = 'Jobs that this process took back from a worker that was dead or gave no sign of life.';
    this.#rescued = counter('job_rescues_total', rescued, ['because', 'type']);
    this.#reportRows = counter('report_rows_total', 'Rows of finished reports.', []);
    this.#reportBytes = counter('report_bytes_total', 'Bytes of finished reports, compressed.', []);
    this.#ready = gauge('part_ready', '1 while a part of the service is ready, else 0.', ['part']);
    describeProcess(this.#registry);
  }

  /** Counts what happened to a job. */
  count(event: JobEvent): void {
    const { type } = event;
    switch (event.what) {
      case 'taken up':
        this.#taken.inc({ type });
        return;
      case 'cancelled':
        this.#ended.inc({ state: 'cancelled', type });
        return;
      case 'rescued':
        this.#rescued.inc({ because: event.because, type });
        if (event.gaveUp) this.#ended.inc({ state: 'failed', type });
        return;
      case 'finished':
      case 'failed':
        this.#ended.inc({ state: event.what, type });
        this.#runSeconds.observe({ state: event.what, type }, event.ms / 1000);
        if (event.what === 'failed' || event.report === null) return;
        this.#reportRows.inc(event.report.rows);
        this.#reportBytes.inc(event.report.bytes);
    }
  }

  /** All figures, at most a second old. A part that cannot be asked is missing and said to be not ready. */
  text(): Promise<string> {
    return this.#recent.get('text', async () => {
      const { figures, health } = this.#parts;
      const [jobs, { parts }] = await Promise.all([figures().catch(() => []), health()]);
      this.#setJobs(jobs);
      this.#ready.reset();
      for (const [part, state] of Object.entries(parts)) this.#ready.set({ part }, state === 'ready' ? 1 : 0);
      this.#setTraffic();
      return await this.#registry.metrics();
    });
  }

  #setJobs(figures: readonly JobFigures[]): void {
    this.#jobs.reset();
    this.#oldest.reset();
    const nowMs = this.#parts.clock.now();
    for (const { type, waiting, running, oldestAtMs } of figures) {
      this.#jobs.set({ state: 'waiting', type }, waiting);
      this.#jobs.set({ state: 'running', type }, running);
      // The time was taken by another machine's clock, which may be ahead.
      this.#oldest.set({ type }, oldestAtMs === null ? 0 : Math.max(0, nowMs - oldestAtMs) / 1000);
    }
  }

  #setTraffic(): void {
    const { plainPolls, heldPolls } = this.traffic;
    this.#held.set(heldPolls);
    const labels = { method: 'GET', route: this.#parts.pollRoute, status: '2xx' };
    this.#requests.inc(labels, plainPolls - this.#plainPollsCounted);
    this.#plainPollsCounted = plainPolls;
  }
}
