import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TenantId } from '../src/domain/ids.ts';
import { atLeast, type BenchResult, measured, median } from './machine.ts';
import { makeStore } from './store/make.ts';

const rows = 1_000_000;
const runs = 3;
const targets = { csv: 0.8, jsonl: 0.8, parquet: 0.9 } as const;

/**
 * CSV, JSON Lines and Parquet compared with the engine alone for the same rows. Ours makes a ZIP with digests and a
 * manifest and fsyncs it; the engine writes a plain file. A ratio above 1 means that ours is faster nevertheless.
 */
export async function run(say: (what: string) => void): Promise<BenchResult> {
  const directory = mkdtempSync(join(tmpdir(), 'trailport-bench-'));
  try {
    say('generating a million activities');
    const store = join(directory, 'store');
    await makeStore(store, [{ tenant: 'million' as TenantId, rows, raw: 'whole' }]);
    say('writing them, by turns');
    const script = new URL('./formats-child.ts', import.meta.url).pathname;
    const { stdout } = await promisify(execFile)(process.execPath, [script, store, 'million', String(runs)]);
    const seconds: Record<keyof typeof targets, { ours: number; engine: number }[]> = JSON.parse(stdout);
    return {
      rows: (['csv', 'jsonl', 'parquet'] as const).flatMap((format) => {
        const turns = seconds[format];
        return [
          measured(`${format}, Trailport`, 'rows/s', rows / median(turns.map(({ ours }) => ours))),
          measured(`${format}, engine alone`, 'rows/s', rows / median(turns.map(({ engine }) => engine))),
          atLeast(
            `${format}, ours to the engine`,
            'times',
            median(turns.map((t) => t.engine / t.ours)),
            targets[format],
          ),
        ];
      }),
      notes: ['The engine writes CSV and JSON Lines as gzip on one thread; ours deflates on every core.'],
    };
  } finally {
    rmSync(directory, { recursive: true });
  }
}
