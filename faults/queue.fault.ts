import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { TestPostgres } from '../test/postgres.ts';
import { queueRound } from './queue/round.ts';

/**
 * `npm run faults -- queue [--seed N] [--rounds N] [--jobs N] [--workers N]`: each round on SQLite and on PostgreSQL. Workers
 * are killed and held past their lease, PostgreSQL is stopped and started; every job must end once, and none may be lost.
 */
export async function run(args: readonly string[], print: (line: string) => void): Promise<number> {
  const options = {
    seed: { type: 'string' },
    rounds: { type: 'string', default: '10' },
    jobs: { type: 'string', default: '1000' },
    workers: { type: 'string', default: '8' },
  } as const;
  const { values } = parseArgs({ args: [...args], options });
  const first = Number(values.seed ?? randomInt(2 ** 31));
  const [jobs, workers] = [Number(values.jobs), Number(values.workers)];
  print(`seed ${first}, ${values.rounds} rounds of ${jobs} jobs and ${workers} workers`);
  const directory = mkdtempSync(join(tmpdir(), 'trailport-'));
  await using server = await TestPostgres.start();
  let findings = 0;
  try {
    for (let round = 0; round < Number(values.rounds); round++) {
      const seed = first + round * 1000;
      const places = {
        SQLite: { place: join(directory, `${round}.sqlite`), restart: null },
        PostgreSQL: { place: await server.database(`round${round}`), restart: () => restart(server) },
      };
      for (const [name, place] of Object.entries(places)) {
        const { wrong, counts } = await queueRound({ seed, jobs, workers, ...place });
        const happened = Object.entries(counts).map(([what, count]) => `${count} ${what}`);
        print(`round ${round}, ${name}: ${happened.join(', ')}`);
        for (const line of wrong) print(`FOUND --seed ${seed} --rounds 1, ${name}: ${line}`);
        findings += wrong.length;
      }
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  print(`seed ${first}: ${findings} findings`);
  return findings;
}

async function restart(server: TestPostgres): Promise<void> {
  await server.stop();
  await server.resume();
}
