import { reportFormats } from '../src/domain/columns.ts';
import { TestClickHouse } from '../test/clickhouse/server.ts';
import { Program } from '../test/story/program.ts';
import { atLeast, type BenchResult, measured, median } from './machine.ts';
import { secondsOfExport } from './programs.ts';

const rows = 1_000_000;
const files = 5;
const runs = 3;
/** Of the speed with the engine in the worker. */
const leastShare = 0.8;

/**
 * Exports of a million rows with the activities in the worker's own engine, and with them on a ClickHouse server that is
 * reached over HTTP, in turns; the clock is a client's, from the request to the status `finished`. The server runs on the
 * same cores, so what it does beside the worker is not free.
 */
export async function run(say: (what: string) => void): Promise<BenchResult> {
  await using server = await TestClickHouse.start();
  const programs = {
    embedded: await Program.start(),
    server: await Program.start({ env: { TRAILPORT_CLICKHOUSE_URL: server.url } }),
  };
  try {
    const importing = { embedded: [] as number[], server: [] as number[] };
    for (let file = 0; file < files; file++) {
      const body = records((file * rows) / files, ((file + 1) * rows) / files);
      for (const [name, program] of Object.entries(programs) as [keyof typeof programs, Program][]) {
        say(`import ${file + 1} of ${files}: ${name}`);
        const before = performance.now();
        await program.import(body);
        importing[name].push(rows / files / ((performance.now() - before) / 1000));
      }
    }
    const share = { imports: median(importing.server) / median(importing.embedded) };
    const lines = [
      measured('import, embedded', 'records/s', median(importing.embedded)),
      measured('import, server', 'records/s', median(importing.server)),
      measured('import, server to embedded', 'times', share.imports),
    ];
    for (const format of reportFormats) {
      const rates = { embedded: [] as number[], server: [] as number[] };
      for (let turn = 0; turn < runs; turn++) {
        say(`${format}, turn ${turn + 1} of ${runs}`);
        for (const [name, program] of Object.entries(programs) as [keyof typeof programs, Program][]) {
          rates[name].push(rows / (await secondsOfExport(program, rows, { format })));
        }
      }
      const [embedded, remote] = [median(rates.embedded), median(rates.server)];
      lines.push(measured(`${format}, embedded`, 'rows/s', embedded), measured(`${format}, server`, 'rows/s', remote));
      const ratio = remote / embedded;
      lines.push(
        format === 'xlsx'
          ? atLeast(`${format}, server to embedded`, 'times', ratio, leastShare)
          : measured(`${format}, server to embedded`, 'times', ratio),
      );
    }
    return { rows: lines, notes: ['the same records imported into both; medians of turns'] };
  } finally {
    await Promise.all(Object.values(programs).map((program) => program.remove()));
  }
}

function records(from: number, until: number): string {
  const lines = Array.from({ length: until - from }, (_, i) => {
    const n = from + i;
    return JSON.stringify({
      CreationTime: new Date(Date.UTC(2026, 0, 1) + n * 10_000).toISOString().slice(0, 19),
      Id: `6f2b7a10-0000-4000-8000-${String(n).padStart(12, '0')}`,
      Operation: n % 7 === 0 ? 'FileModified' : 'FileAccessed',
      RecordType: 6,
      UserId: `user${(n * 7919) % 3000}@contoso.example`,
      UserType: 0,
      Workload: 'SharePoint',
      ClientIP: `203.0.113.${n % 250}`,
      ItemType: 'File',
      SiteUrl: `https://contoso.sharepoint.example/sites/team${n % 200}/`,
      SourceFileName: `Plan ${n}.docx`,
      ObjectId: `https://contoso.sharepoint.example/sites/team${n % 200}/Shared Documents/Plan ${n}.docx`,
    });
  });
  return lines.join('\n');
}
