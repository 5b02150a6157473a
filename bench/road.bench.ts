import { Program } from '../test/story/program.ts';
import { type BenchResult, measured, median } from './machine.ts';

const small = 200;
const large = 100_000;
const largeRuns = 15;

/**
 * The whole road over HTTP against the started program, as a client sees it: the start call is sent, the status is asked
 * for with `Prefer: wait`, the clock stops when it says 2. Nothing is warmed but the first ten exports.
 */
export async function run(say: (what: string) => void): Promise<BenchResult> {
  const program = await Program.start();
  try {
    say(`importing ${large} activities`);
    const importMs = await timed(() => program.import(records()));
    say(`${small} exports of one activity`);
    const times: number[] = [];
    for (let i = -10; i < small; i++) {
      const ms = await timed(() =>
        exported(program, `/insights/users/one${i + 10}%40contoso.example/activities/export`),
      );
      if (i >= 0) times.push(ms);
    }
    say(`${largeRuns} exports of ${large} rows`);
    const largeTimes: number[] = [];
    const site = encodeURIComponent('https://contoso.sharepoint.example/sites/plans');
    for (let i = 0; i < largeRuns; i++) {
      largeTimes.push(await timed(() => exported(program, `/insights/activities/object/${site}/export`)));
    }
    times.sort((a, b) => a - b);
    return {
      rows: [
        measured('one activity, start to finished, median', 'ms', median(times)),
        measured('one activity, start to finished, p99', 'ms', times[Math.ceil(times.length * 0.99) - 1]!),
        measured(`${large} rows, start to finished, median of ${largeRuns}`, 'ms', median(largeTimes)),
        measured('import over HTTP', 'records/s', large / (importMs / 1000)),
      ],
      notes: ['one report is one ZIP with a workbook and a manifest, fsynced and renamed before it counts as finished'],
    };
  } finally {
    await program.remove();
  }
}

async function exported(program: Program, path: string): Promise<void> {
  const { jobId } = await program.json<{ jobId: string }>(path, { headers: { 'cache-control': 'no-cache' } });
  const { jobStatus, message } = await program.ended(jobId);
  if (jobStatus !== 2) throw new Error(message);
}

function records(): string {
  const lines = Array.from({ length: large }, (_, i) =>
    JSON.stringify({
      CreationTime: new Date(Date.UTC(2026, 0, 1) + i * 1000).toISOString().slice(0, 19),
      Id: `6f2b7a10-0000-4000-8000-${String(i).padStart(12, '0')}`,
      Operation: 'FileAccessed',
      OrganizationId: 'b86ab9d4-fcf1-4b11-8a06-7a8f91b47fbd',
      RecordType: 6,
      UserId: i < small + 10 ? `one${i}@contoso.example` : `user${i % 3000}@contoso.example`,
      UserType: 0,
      Workload: 'SharePoint',
      ClientIP: `203.0.113.${i % 250}`,
      ItemType: 'File',
      SiteUrl: 'https://contoso.sharepoint.example/sites/plans/',
      SourceFileName: `Plan ${i}.docx`,
      ObjectId: `https://contoso.sharepoint.example/sites/plans/Shared Documents/Plan ${i}.docx`,
      UserAgent:
        'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36',
      Version: 1,
    }),
  );
  return lines.join('\n');
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const before = performance.now();
  await work();
  return performance.now() - before;
}
