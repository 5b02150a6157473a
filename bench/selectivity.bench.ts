import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program } from '../test/story/program.ts';
import { atMost, type BenchResult, type BenchRow, type LargeStores, measured } from './machine.ts';
import {
  type ExportQuestion,
  exportQuestions,
  lookupsOf,
  msOfExport,
  msOfLookup,
  startCold,
  warm,
} from './selectivity/questions.ts';
import { type KnownStore, knownOf, storeOf } from './selectivity/stores.ts';

const runs = 7;
const most = { slice: 500, quietUser: 150, 'day count': 500, page: 100, summary: 100 } as const;
/** The time in the largest store to that in the smallest one. */
const mostGrowth = 2;

/**
 * Stores of one, ten and a hundred million activities of one tenant over two years: 20,000 users with a skewed share
 * each, 3,000 sites. They are made once and kept. Everything is asked of the started program over HTTP.
 */
export async function run(say: (what: string) => void, { millions, directory }: LargeStores): Promise<BenchResult> {
  const place = directory ?? join(tmpdir(), 'trailport-bench-stores');
  mkdirSync(place, { recursive: true });
  const rows: BenchRow[] = [];
  const growing = new Map<string, number[]>();
  const cold = { dropped: true };
  for (const size of millions ?? [1, 10, 100]) {
    const data = await storeOf(place, size * 1e6, say);
    const known = knownOf(data);
    const label = `${size} M: `;
    rows.push(...disk(label, known, size * 1e6));
    const keep = (name: string, ms: number) => growing.set(name, [...(growing.get(name) ?? []), ms]);
    for (const question of exportQuestions) {
      say(`${label}${nameOf(question)}, first after a start`);
      const { program, dropped } = await startCold(data);
      cold.dropped &&= dropped;
      const slice = known.slices[question.name];
      const first = await msOfExport(program, question, slice).finally(() => program.stop());
      rows.push(measured(`${label}${nameOf(question)}, ${slice.rows} rows, first after a start`, 'ms', first));
    }
    const program = await Program.start({ data });
    try {
      for (const question of exportQuestions) {
        say(`${label}${nameOf(question)}`);
        const slice = known.slices[question.name];
        const ms = await warm(() => msOfExport(program, question, slice), runs);
        const name = `${label}${nameOf(question)}, ${slice.rows} rows`;
        rows.push(
          question.format === 'xlsx'
            ? atMost(name, 'ms', ms, question.name === 'quietUser' ? most.quietUser : most.slice)
            : measured(name, 'ms', ms),
        );
        keep(nameOf(question), ms);
      }
      for (const lookup of lookupsOf(known)) {
        say(`${label}${lookup.name}`);
        const ms = await warm(() => msOfLookup(program, lookup), runs);
        rows.push(atMost(`${label}${lookup.name}`, 'ms', ms, most[lookup.of]));
      }
    } finally {
      await program.stop();
    }
  }
  for (const [name, [smallest, ...larger]] of growing) {
    if (larger.length === 0 || !name.startsWith('xlsx')) continue;
    rows.push(atMost(`${name}: largest store to smallest`, 'times', larger.at(-1)! / smallest!, mostGrowth));
  }
  return { rows, notes: notes(place, cold.dropped) };
}

function nameOf({ name, format }: ExportQuestion): string {
  return `${format}, ${{ user: 'user of 10,000', site: 'site of 10,000', quietUser: 'user of 10' }[name]}`;
}

function disk(label: string, { bytes }: KnownStore, rows: number): BenchRow[] {
  const all = Object.values(bytes.tables).reduce((sum, table) => sum + table, 0);
  return [
    measured(`${label}disk for each activity`, 'bytes', all / rows),
    measured(`${label}disk for each activity, without original records`, 'bytes', (all - bytes.originals) / rows),
  ];
}

function notes(place: string, dropped: boolean): string[] {
  return [
    `Median of ${runs} runs after one that is not counted. An export is timed from the request to the status finished; each makes a new report.`,
    dropped
      ? 'First after a start: the page cache was emptied, then the program started, then this was its first job.'
      : 'First after a start: the program was new, but the system kept its page cache; only root may empty it.',
    `The stores are kept in ${place}; remove the directory to make them again.`,
  ];
}
