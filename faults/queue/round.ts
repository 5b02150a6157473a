import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { AppId, TenantId } from '../../src/domain/ids.ts';
import type { Files } from '../../src/files/files.ts';
import { Desk } from '../../src/job/job.ts';
import type { Journal } from '../../src/job/journal/journal.ts';
import { openJournal } from '../../src/job/journal/open.ts';
import { Sweeper } from '../../src/job/sweeper.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { type Database, openDatabase } from '../../src/kit/database.ts';
import { openLog } from '../../src/kit/log.ts';
import { exportOf } from '../../test/job/fixtures.ts';
import { Random } from '../../test/story/filters/random.ts';

export type RoundOptions = {
  readonly seed: number;
  /** URL or path of an empty database. */
  readonly place: string;
  readonly jobs: number;
  readonly workers: number;
  /** Ends the database server and starts it again; null where there is no server. */
  readonly restart: (() => Promise<void>) | null;
};

/** What a round found wrong, and how often each thing happened. */
export type Found = { readonly wrong: readonly string[]; readonly counts: Readonly<Record<string, number>> };

type Line = {
  readonly did: 'claim' | 'finish' | 'giveBack';
  readonly key: number;
  readonly fence: number;
  readonly answer?: boolean | 'asked' | 'unknown';
};

type Row = {
  readonly id: number;
  readonly tenant: string;
  readonly number: number;
  readonly state: string;
  readonly fence: number;
};

const script = new URL('./worker.ts', import.meta.url).pathname;
const tenants = ['one', 'two', 'three', 'four'].map((name) => name as TenantId);
const app = 'app' as AppId;
const perTenant = 3;
/** Shorter than a worker sometimes forgets to beat. */
const leaseMs = 600;

/**
 * Many workers and one queue, while workers are killed, held past their lease and let go, and the server is restarted. Half
 * of the jobs are submitted meanwhile. In the end every job has ended once, by whoever had it last.
 */
export async function queueRound({ seed, place, jobs, workers, restart }: RoundOptions): Promise<Found> {
  const random = new Random(seed);
  await using database = openDatabase(place.startsWith('postgres:') ? place : null, place, 10_000);
  await using journal = await openJournal(database);
  const lines: Line[] = [];
  const counts: Record<string, number> = { kills: 0, holds: 0, restarts: 0, 'leases ended': 0, 'answers unknown': 0 };
  const wrong: string[] = [];
  const numbers = new Map<string, number[]>(tenants.map((tenant) => [tenant, []]));
  const running = new Set<ChildProcess>();
  const startWorker = (i: number) => {
    const child = spawn(process.execPath, [script, place, `worker ${i}`, String(seed + i)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    createInterface(child.stdout!).on('line', (line) => lines.push(JSON.parse(line) as Line));
    running.add(child);
  };
  const stopping = new AbortController();
  const { signal } = stopping;
  const pause = (ms: number) => delay(ms, undefined, { signal }).catch(() => {});
  const sweeping = sweepUntil(signal, journal, counts, wrong);
  try {
    const submitted = submitAll(journal, random, jobs, numbers);
    for (let i = 0; i < workers; i++) startWorker(i);
    const disturbing = (async () => {
      for (let i = workers; !signal.aborted; i++) {
        await pause(100 + random.below(400));
        const victim = [...running][random.below(running.size)]!;
        if (signal.aborted) return;
        const what = random.below(restart === null ? 8 : 9);
        if (what === 8) {
          counts.restarts!++;
          await restart!();
        } else if (what < 4) {
          counts.kills!++;
          running.delete(victim);
          victim.kill('SIGKILL');
          startWorker(i);
        } else {
          counts.holds!++;
          victim.kill('SIGSTOP');
          await pause(leaseMs * 1.5);
          victim.kill('SIGCONT');
        }
      }
    })();
    await submitted;
    while ((await left(database)) > 0) await delay(50);
    stopping.abort();
    await disturbing;
  } finally {
    stopping.abort();
    await sweeping;
    const gone = [...running].map((child) =>
      child.exitCode === null && child.signalCode === null ? once(child, 'close') : null,
    );
    for (const child of running) child.kill('SIGKILL');
    await Promise.all(gone);
  }
  counts['answers unknown'] = lines.filter(({ answer }) => answer === 'unknown').length;
  wrong.push(...wrongIn(await rowsOf(database), lines, numbers));
  return { wrong, counts };
}

/** Half at once, the others while workers run; an answer that did not come is asked for again with the same key. */
async function submitAll(
  journal: Journal,
  random: Random,
  jobs: number,
  numbers: Map<string, number[]>,
): Promise<void> {
  for (let i = 0; i < jobs; i++) {
    const tenant = tenants[random.below(tenants.length)]!;
    const job = { ...exportOf(tenant, app), same: `same ${i}`, idempotencyKey: `key ${i}` };
    for (;;) {
      const answer = await journal.submit(job, { nowMs: 1, joins: false, mostWaiting: null }).catch(() => null);
      if (answer === null || answer.did === 'refused') await delay(50);
      else {
        numbers.get(tenant)!.push(answer.id);
        break;
      }
    }
    if (i > jobs / 2 && i % 20 === 0) await delay(random.below(20));
  }
}

/** Ends leases as the server does, and looks whether a tenant has more running than it may. */
async function sweepUntil(
  signal: AbortSignal,
  journal: Journal,
  counts: Record<string, number>,
  wrong: string[],
): Promise<void> {
  const limits = { leaseMs, attempts: 10_000, jobKeptMs: 1 };
  const desk = new Desk(journal, systemClock, { jobsWaitingPerTenant: 1 });
  const log = openLog('silent', 'queue');
  const told = Object.assign(Object.create(log), { warn: () => counts['leases ended']!++ });
  const sweeper = new Sweeper({
    journal,
    desk,
    files: {} as Files,
    clock: systemClock,
    log: told,
    onEvent: () => {},
    limits,
  });
  while (!signal.aborted) {
    try {
      await sweeper.leases();
      const leases = await journal.runningLeases();
      for (const tenant of tenants) {
        const count = leases.filter((lease) => lease.tenant === tenant).length;
        if (count > perTenant) wrong.push(`${count} jobs of the tenant ${tenant} run at once`);
      }
    } catch {
      // The database is away.
    }
    await delay(20);
  }
}

async function left(database: Database): Promise<number> {
  const rows = await rowsOf(database, "WHERE state IN ('waiting', 'running') LIMIT 1").catch(() => null);
  return rows === null ? 1 : rows.length;
}

async function rowsOf(database: Database, where = ''): Promise<readonly Row[]> {
  const sql = `SELECT id, tenant, number, state, fence FROM job ${where}`;
  if (database.kind === 'sqlite') return database.db.prepare(sql).all() as unknown as Row[];
  return await database.postgres.rows<Row>(sql);
}

/** What contradicts the promises of the journal, in the rows at the end and in what the workers were answered. */
export function wrongIn(
  rows: readonly Row[],
  lines: readonly Line[],
  numbers: ReadonlyMap<string, readonly number[]>,
): string[] {
  const wrong: string[] = [];
  for (const [tenant, acknowledged] of numbers) {
    const stored = rows.filter((row) => row.tenant === tenant).map(({ number }) => number);
    const expected = Array.from({ length: acknowledged.length }, (_, i) => i + 1).join();
    const sorted = (list: readonly number[]) => [...list].sort((a, b) => a - b).join();
    if (sorted(acknowledged) !== expected) wrong.push(`the numbers of the tenant ${tenant} are not 1, 2, 3 …`);
    if (sorted(stored) !== sorted(acknowledged))
      wrong.push(`the tenant ${tenant} has other jobs than were acknowledged`);
  }
  const claims = lines.filter(({ did }) => did === 'claim').map(({ key, fence }) => `${key} ${fence}`);
  if (new Set(claims).size !== claims.length) wrong.push('a job was claimed twice with one fence');
  const ofKey = Map.groupBy(lines, ({ key }) => key);
  for (const { id, state, fence } of rows) {
    const own = ofKey.get(id) ?? [];
    const finishes = own.filter(({ did }) => did === 'finish');
    const done = finishes.filter(({ answer }) => answer === true);
    if (state !== 'finished') wrong.push(`job ${id} is ${state}`);
    if (done.length > 1) wrong.push(`job ${id} finished ${done.length} times`);
    if (done.some((line) => line.fence !== fence)) wrong.push(`job ${id} was finished with another fence than it has`);
    // Only who asked with the last fence, and was not refused, can have finished it.
    const may = finishes.some((line) => line.fence === fence && line.answer === 'asked');
    const refused = finishes.some((line) => line.fence === fence && line.answer === false);
    if (!may || refused) wrong.push(`job ${id} is finished, but nobody finished it`);
    if (own.some((line) => line.did === 'giveBack' && line.answer === true && line.fence === fence)) {
      wrong.push(`job ${id} was given back and finished by one attempt`);
    }
  }
  return wrong;
}
