import type { ClaimAsk, Journal } from '../src/job/journal/journal.ts';
import { PostgresJournal } from '../src/job/journal/postgres/journal.ts';
import { Postgres } from '../src/kit/postgres/postgres.ts';
import { TestPostgres } from '../test/postgres.ts';
import { atMost, type BenchResult, measured, median } from './machine.ts';

const sizes = { few: 100, many: 1_000_000 } as const;
const tenants = 100;
/** Of the jobs in the large table so many wait; the others are finished. */
const waitingShare = 0.1;
const workers = [1, 2, 4, 8];
const rounds = 3;
const seconds = 4;
const mostTimes = 1.2;

/**
 * Claims a second on PostgreSQL with few and with many jobs in the table, by several workers at once. Every claim is given
 * back, so the table keeps its size. Each worker has connections of its own, as a process has; all run in this process.
 */
export async function run(say: (what: string) => void): Promise<BenchResult> {
  await using server = await TestPostgres.start();
  const urls = { few: await server.database('few'), many: await server.database('many') };
  for (const size of ['few', 'many'] as const) {
    say(`filling a table with ${sizes[size]} jobs`);
    await fill(urls[size], sizes[size]);
  }
  const found = new Map<string, number[]>();
  const keyOf = (size: keyof typeof sizes, count: number) => `${sizes[size]} jobs, ${count} workers`;
  for (let round = 0; round < rounds; round++) {
    say(`round ${round + 1} of ${rounds}`);
    for (const count of workers) {
      for (const size of ['few', 'many'] as const) {
        const perSecond = await claimsPerSecond(urls[size], count);
        found.set(keyOf(size, count), [...(found.get(keyOf(size, count)) ?? []), perSecond]);
      }
    }
  }
  const of = (size: keyof typeof sizes, count: number) => median(found.get(keyOf(size, count)) ?? []);
  return {
    rows: workers.flatMap((count) => [
      measured(keyOf('few', count), 'claims/s', of('few', count)),
      measured(keyOf('many', count), 'claims/s', of('many', count)),
      atMost(`few to many, ${count} workers`, 'times', of('few', count) / of('many', count), mostTimes),
    ]),
    notes: [
      `${tenants} tenants; every claim and the move back are durable (two commits). Medians of ${rounds} rounds of ${seconds} s in turns.`,
    ],
  };
}

async function fill(url: string, jobs: number): Promise<void> {
  await using db = new Postgres(url);
  await using _tables = await PostgresJournal.open(db);
  const waiting = jobs === sizes.few ? jobs : jobs * waitingShare;
  await db.rows(
    `INSERT INTO job (number, tenant, app, type, request, state, created_at, ended_at, outcome)
     SELECT i / ${tenants}, 'tenant' || i % ${tenants}, 'app', 'export', $1,
       CASE WHEN i <= ${jobs - waiting} THEN 'finished' ELSE 'waiting' END, i,
       CASE WHEN i <= ${jobs - waiting} THEN i END, CASE WHEN i <= ${jobs - waiting} THEN '{}' END
     FROM generate_series(1, ${jobs}) AS i`,
    [JSON.stringify({ source: 'microsoft365', text: 'x'.repeat(400) })],
  );
  await db.rows("INSERT INTO tenant_turn (type, tenant) SELECT DISTINCT 'export', tenant FROM job");
  await db.rows('VACUUM ANALYZE');
}

async function claimsPerSecond(url: string, count: number): Promise<number> {
  const until = performance.now() + seconds * 1000;
  const claims = await Promise.all(Array.from({ length: count }, (_, i) => claimUntil(url, `worker ${i}`, until)));
  return claims.reduce((sum, one) => sum + one, 0) / seconds;
}

async function claimUntil(url: string, holder: string, untilMs: number): Promise<number> {
  await using db = new Postgres(url);
  await using journal: Journal = await PostgresJournal.open(db);
  const ask: ClaimAsk = { type: 'export', holder, perTenant: 5, nowMs: 1, which: 'unsuspected' };
  let claims = 0;
  while (performance.now() < untilMs) {
    const claimed = await journal.claim(ask);
    if (claimed === null) continue;
    claims++;
    await journal.giveBack(claimed, 'not counted');
  }
  return claims;
}
