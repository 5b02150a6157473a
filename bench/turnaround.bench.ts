import type { Client } from '../test/story/client.ts';
import { Cluster } from '../test/story/installation.ts';
import { Program } from '../test/story/program.ts';
import { atMost, type BenchResult, type BenchRow, measured, median } from './machine.ts';

const small = 200;
const warm = 10;
const many = 1000;
const clients = 20;

/**
 * An export of one activity, from the request to the status 2 (`Prefer: wait`), on the embedded default and on PostgreSQL, a
 * ClickHouse server and object storage with two processes that answer HTTP and three that work, all on this machine. Then a
 * thousand such exports by 20 clients at once.
 */
export async function run(say: (what: string) => void): Promise<BenchResult> {
  const rows: BenchRow[] = [];
  {
    say('the embedded default');
    const program = await Program.start();
    try {
      rows.push(...(await measure('embedded', [program], 60)));
    } finally {
      await program.remove();
    }
  }
  say('the cluster');
  await using cluster = await Cluster.start({ http: 2, worker: 3 }, {});
  const app = await cluster.appOf('bench');
  rows.push(
    ...(await measure('cluster', [await cluster.clientAt('http-0', app), await cluster.clientAt('http-1', app)], 120)),
  );
  return { rows, notes: ['servers, processes and clients of the cluster share the cores of this machine'] };
}

async function measure(name: string, at: readonly Client[], mostMs: number): Promise<BenchRow[]> {
  const ended = await at[0]!.import(records());
  if (ended.state !== ('finished' as never)) throw new Error(`the import is ${ended.state}`);
  const times: number[] = [];
  for (let i = 0; i < warm + small; i++) {
    const ms = await timed(() => exported(at[i % at.length]!, i));
    if (i >= warm) times.push(ms);
  }
  times.sort((a, b) => a - b);
  let next = 0;
  const work = async () => {
    for (let i = next++; i < many; i = next++) await exported(at[i % at.length]!, i);
  };
  const manyMs = await timed(() => Promise.all(Array.from({ length: clients }, work)));
  return [
    atMost(`${name}: one activity, median of ${small}`, 'ms', median(times), mostMs),
    measured(`${name}: one activity, p99`, 'ms', times[Math.ceil(times.length * 0.99) - 1]!),
    measured(`${name}: ${many} exports by ${clients} clients`, 'exports/s', many / (manyMs / 1000)),
  ];
}

async function exported(client: Client, i: number): Promise<void> {
  const path = `/insights/users/one${i % 300}%40contoso.example/activities/export`;
  const { jobId } = await client.json<{ jobId: string }>(path, { headers: { 'cache-control': 'no-cache' } });
  const { jobStatus, message } = await client.ended(jobId);
  if (jobStatus !== 2) throw new Error(message);
}

function records(): string {
  const lines = Array.from({ length: 20_000 }, (_, i) =>
    JSON.stringify({
      CreationTime: new Date(Date.UTC(2026, 0, 1) + i * 1000).toISOString().slice(0, 19),
      Id: `6f2b7a10-0000-4000-8000-${String(i).padStart(12, '0')}`,
      Operation: 'FileAccessed',
      RecordType: 6,
      UserId: i < 300 ? `one${i}@contoso.example` : `user${i % 3000}@contoso.example`,
      Workload: 'SharePoint',
      ObjectId: `https://contoso.sharepoint.example/sites/plans/Plan ${i}.docx`,
    }),
  );
  return lines.join('\n');
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const before = performance.now();
  await work();
  return performance.now() - before;
}
