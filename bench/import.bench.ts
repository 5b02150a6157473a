import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Program } from '../test/story/program.ts';
import { writeImportFiles } from './import/files.ts';
import { byEngine, imported } from './import/runs.ts';
import { atLeast, atMost, type BenchResult, type BenchRow, type LargeStores, measured } from './machine.ts';
import { storeOf } from './selectivity/stores.ts';

const leastOfEngine = 0.5;
const leastOfOlder = 2;
const leastOfEmpty = 0.8;
const mostMb = 1000;
/** Records a second of the version before schema 3, where no checkout of it is given. */
const olderRecordsPerSecond = 28_000;

/**
 * Records of the Management Activity API, imported over HTTP by the started program into an empty store and into one that
 * holds many, beside one INSERT … SELECT of the same file by the engine. `--millions FILE,STORE`: records of the file
 * (default 2) and activities that the store has before (default: not measured); `--stores` is where such stores are kept.
 * TRAILPORT_BENCH_OLDER names a checkout of an older version, which then imports the same file.
 */
export async function run(say: (what: string) => void, { millions, directory }: LargeStores): Promise<BenchResult> {
  const [fileMillions = 2, storeMillions = 0] = millions ?? [];
  const count = Math.round(fileMillions * 1e6);
  const temporary = mkdtempSync(join(tmpdir(), 'trailport-bench-'));
  try {
    say(`writing ${count} records`);
    const files = await writeImportFiles(temporary, count);
    const bytesOf = (file: string) => statSync(file).size;
    const rows: BenchRow[] = [measured('record', 'bytes', bytesOf(files.ndjson) / count)];
    const perSecond = (seconds: number) => count / seconds;

    say('INSERT … SELECT by the engine');
    const engine = await byEngine(files.ndjson);
    rows.push(measured('engine alone', 'records/s', perSecond(engine.seconds)));
    const microseconds = (seconds: number) => (seconds * 1e6) / count;
    rows.push(measured('engine alone, processor', 'µs a record', microseconds(engine.processorSeconds)));
    rows.push(measured(`engine alone, merged to ${engine.parts} parts`, 'records/s', perSecond(engine.mergedSeconds)));

    say('import of lines');
    const lines = await imported(files.ndjson, count);
    rows.push(measured('import', 'records/s', perSecond(lines.seconds)));
    rows.push(measured('import, processor of the worker', 'µs a record', microseconds(lines.processorSeconds)));
    rows.push(measured(`import, merged to ${lines.parts} parts`, 'records/s', perSecond(lines.mergedSeconds)));
    rows.push(
      atLeast('import to engine, both merged', 'times', engine.mergedSeconds / lines.mergedSeconds, leastOfEngine),
    );
    rows.push(atMost('memory of the worker', 'MB', lines.peakBytes / 1e6, mostMb));

    const older = process.env.TRAILPORT_BENCH_OLDER;
    let olderSeconds = count / olderRecordsPerSecond;
    if (older !== undefined) {
      say('import by the older version');
      const module = await import(pathToFileURL(join(older, 'test/story/program.ts')).href);
      const before = await imported(files.ndjson, count, { program: module.Program as typeof Program });
      olderSeconds = before.seconds;
      rows.push(measured('older version', 'records/s', perSecond(before.seconds)));
      rows.push(measured('older version, processor', 'µs a record', microseconds(before.processorSeconds)));
    }
    rows.push(atLeast('import to older version', 'times', olderSeconds / lines.seconds, leastOfOlder));

    say('import of gzip');
    const gzip = await imported(files.gzip, count);
    rows.push(measured('import of gzip', 'records/s', perSecond(gzip.seconds)));
    rows.push(atMost('memory of the worker, gzip', 'MB', gzip.peakBytes / 1e6, mostMb));
    say('import of CSV');
    const csv = await imported(files.csv, count);
    rows.push(measured('import of a Purview export', 'MB/s', bytesOf(files.csv) / 1e6 / csv.seconds));
    rows.push(measured('import of a Purview export', 'records/s', perSecond(csv.seconds)));
    rows.push(atMost('memory of the worker, CSV', 'MB', csv.peakBytes / 1e6, mostMb));

    if (storeMillions > 0) {
      const place = directory ?? join(tmpdir(), 'trailport-bench-stores');
      const into = await storeOf(place, storeMillions * 1e6, say);
      say(`import into ${storeMillions} million`);
      const full = await imported(files.ndjson, count, { into });
      rows.push(measured(`import into ${storeMillions} million`, 'records/s', perSecond(full.seconds)));
      rows.push(atLeast('the same to an empty store', 'times', lines.seconds / full.seconds, leastOfEmpty));
      rows.push(atMost(`memory of the worker, ${storeMillions} million`, 'MB', full.peakBytes / 1e6, mostMb));
    }
    return { rows, notes };
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

const notes = [
  'The clock of an import starts with its request and stops at the status finished: receiving the file and its fsync count.',
  'Merged: until the process that has the engine did nothing for 8 s; those seconds do not count.',
  'The engine alone fills the table of activities; an import also fills its copies by user and object, the identities and the tally, looks every identity up, and is durable.',
];
