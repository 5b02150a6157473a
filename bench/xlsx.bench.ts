import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TenantId } from '../src/domain/ids.ts';
import { ChdbEngine } from '../src/store/engine/chdb/chdb.ts';
import { Program } from '../test/story/program.ts';
import { type Timed, timedProgram, timedScript } from './children.ts';
import { atLeast, atMost, type BenchResult, type BenchRow, measured, median } from './machine.ts';
import { makeData, secondsOfExport, workerPeakBytes } from './programs.ts';

const rows = 1_000_000;
/** The others write fewer rows: they are slow, and their rows per second do not depend on the number. */
const rowsForOthers = 200_000;
const runs = 3;
const others = 'others' as TenantId;

/**
 * XLSX, the 14 default columns, cell references everywhere. Ours is the whole job as a client sees it: the clock starts
 * with the request to the started program and stops when the status is finished, which is when the report, with its
 * digests, is durable on disk. The others start with the same rows in memory and do not fsync, so all of our work is
 * compared with only their writing.
 */
export async function run(say: (what: string) => void): Promise<BenchResult> {
  const directory = mkdtempSync(join(tmpdir(), 'trailport-bench-'));
  try {
    say('generating six million activities');
    const [million, fiveMillion] = [join(directory, 'million'), join(directory, 'five-million')];
    await makeData(million, [{ rows }, { tenant: others, rows: rowsForOthers }]);
    await makeData(fiveMillion, [{ rows: 5 * rows }]);
    const rowsFile = join(directory, 'rows.tsv');
    await saveRows(join(million, 'store'), rowsFile);
    const native = compiled(directory);

    // In turns, so that noise of the machine affects all of them.
    const rates = { ours: [] as number[], libxlsxwriter: [] as number[], exceljs: [] as number[] };
    const program = await Program.start({ data: million });
    for (let turn = 0; turn < runs; turn++) {
      say(`turn ${turn + 1} of ${runs}`);
      for (let i = 0; i < 2; i++) rates.ours.push(rows / (await secondsOfExport(program, rows)));
      const workbook = join(directory, 'other.xlsx');
      if (native !== null) rates.libxlsxwriter.push(rate(await timedProgram(native, rowsFile, workbook, '1')));
      rates.exceljs.push(rate(await timedScript('./xlsx-exceljs.ts', rowsFile, workbook, '1')));
    }
    const rss = workerPeakBytes(program);
    await program.stop();
    say('five million rows');
    const larger = await Program.start({ data: fiveMillion });
    const seconds = await secondsOfExport(larger, 5 * rows);
    const five = { rows: 5 * rows, seconds: [seconds], rssBytes: workerPeakBytes(larger) };
    await larger.stop();
    return { rows: lines(rates, rss, five), notes: notes(native !== null) };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function lines(rates: Record<'ours' | 'libxlsxwriter' | 'exceljs', number[]>, rss: number, five: Timed): BenchRow[] {
  const ours = median(rates.ours);
  const exceljs = median(rates.exceljs);
  const native = rates.libxlsxwriter.length === 0 ? null : median(rates.libxlsxwriter);
  return [
    measured('Trailport, 1,000,000 rows', 'rows/s', ours),
    ...(native === null
      ? []
      : [
          measured('libxlsxwriter, constant memory', 'rows/s', native),
          atLeast('Trailport to libxlsxwriter', 'times', ours / native, 4),
        ]),
    measured('exceljs, streaming', 'rows/s', exceljs),
    atLeast('Trailport to exceljs', 'times', ours / exceljs, 3),
    measured('Trailport, 5,000,000 rows', 'rows/s', rate(five)),
    atMost('resident memory at 1,000,000 rows', 'MB', rss / 1e6, 800),
    atMost('resident memory at 5,000,000 rows', 'MB', five.rssBytes / 1e6, 800),
    atMost('memory at five million to one million', 'times', five.rssBytes / rss, 1.1),
  ];
}

function notes(native: boolean): string[] {
  return [
    ...(native ? [] : ['libxlsxwriter was left out: no C compiler, or no Debian package libxlsxwriter-dev.']),
    `The others wrote ${rowsForOthers.toLocaleString('en-US')} of the same rows, from memory, without fsync.`,
    'Limited by the processor, 4.1 s of it for a million rows: writing XML with what repeats in it 35 %, Huffman codes 18 %, the engine reading 14 %, looking for repeats of values never seen 8 %, SHA-256 7 %, CRC-32 6 %. A tenth of a second of two is not shared by the cores: the digest of the whole file.',
  ];
}

function rate({ rows, seconds }: Timed): number {
  return rows / median(seconds);
}

async function saveRows(directory: string, path: string): Promise<void> {
  await using engine = new ChdbEngine(join(directory, 'engine'));
  const select = `SELECT toUnixTimestamp64Milli(time), user, user_type, activity, service, item_type, item, object, site, result,
    client_ip, user_agent, record_type, activity_id
    FROM trailport.activity WHERE tenant = {tenant:String} ORDER BY time, activity_id`;
  await using file = await open(path, 'wx');
  const query = { sql: select, bindings: { tenant: others }, format: 'TabSeparatedRaw' } as const;
  const rows = engine.stream(query, new AbortController().signal);
  for await (const { bytes } of rows) await file.write(bytes);
}

/** The C program, or null where it cannot be built. */
function compiled(directory: string): string | null {
  const program = join(directory, 'libxlsxwriter');
  const source = new URL('./xlsx-libxlsxwriter.c', import.meta.url).pathname;
  spawnSync('cc', ['-O2', '-o', program, source, '-lxlsxwriter']);
  return existsSync(program) ? program : null;
}
