import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TenantId } from '../src/domain/ids.ts';
import { ChdbEngine } from '../src/store/engine/chdb/chdb.ts';
import { Store } from '../src/store/store.ts';
import { timedReport } from './reports.ts';

/**
 * Writes a report, and then the same rows to a file with the engine alone, in turns in one process, so that engine, caches
 * and noise are the same for both. Arguments: store directory, tenant, runs. Prints one line of JSON: for each format
 * the seconds of both.
 */
const [directory, tenant, runs] = process.argv.slice(2) as [string, TenantId, string];
await using store = await Store.open(directory);
await using engine = new ChdbEngine(join(directory, 'engine'));

const columns = `time, user, user_type, activity, service, item_type, item, object, site, result, client_ip, user_agent,
  record_type, activity_id`;
/** The engine's defaults: gzip at its default level for text, ZSTD for Parquet. */
const byEngine = {
  csv: { select: columns, target: "'CSVWithNames', 'auto', 'gzip'" },
  jsonl: { select: 'raw', target: "'LineAsString', 'auto', 'gzip'" },
  parquet: { select: columns, target: "'Parquet'" },
} as const;

const seconds = { csv: [], jsonl: [], parquet: [] } as Record<
  keyof typeof byEngine,
  { ours: number; engine: number }[]
>;
for (let run = 0; run <= Number(runs); run++) {
  for (const format of ['csv', 'jsonl', 'parquet'] as const) {
    const ours = (await timedReport(store, directory, tenant, format)).seconds;
    const both = { ours, engine: await timedEngine(format) };
    // The first round reads the store from disk for the first time.
    if (run > 0) seconds[format].push(both);
  }
}
process.stdout.write(`${JSON.stringify(seconds)}\n`);

async function timedEngine(format: keyof typeof byEngine): Promise<number> {
  const path = join(directory, `engine.${format}`);
  const { select, target } = byEngine[format];
  const started = performance.now();
  await engine.run(
    `INSERT INTO FUNCTION file('${path}', ${target})
     SELECT ${select} FROM (
       SELECT * FROM trailport.activity WHERE tenant = {tenant:String} AND source = 'microsoft365'
       ORDER BY tenant, source, time, activity_id
     ) SETTINGS engine_file_truncate_on_insert = 1`,
    { tenant },
  );
  const taken = (performance.now() - started) / 1000;
  await rm(path);
  return taken;
}
