import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { Cluster } from '../test/story/installation.ts';
import { clusterRound } from './cluster/round.ts';

/**
 * `npm run faults -- cluster [--seed N] [--rounds N]`: two processes that answer HTTP and three that work, on PostgreSQL, a
 * ClickHouse server and object storage. Imports and exports of overlapping records run while processes are killed and held
 * past their lease, and each server is stopped and started. Afterwards every acknowledged activity is there once.
 */
export async function run(args: readonly string[], print: (line: string) => void): Promise<number> {
  const options = { seed: { type: 'string' }, rounds: { type: 'string', default: '10' } } as const;
  const { values } = parseArgs({ args: [...args], options });
  const first = Number(values.seed ?? randomInt(2 ** 31));
  print(`seed ${first}, ${values.rounds} rounds`);
  const env = { TRAILPORT_LEASE_MS: '2000', TRAILPORT_WORKER_IMPORTS: '1', TRAILPORT_IMPORTS_RUNNING: '10' };
  await using cluster = await Cluster.start({ http: 2, worker: 3 }, env);
  let findings = 0;
  for (let round = 0; round < Number(values.rounds); round++) {
    const seed = first + round;
    const { wrong, did } = await clusterRound(cluster, seed);
    print(`round ${round}: ${did.join(', ')}`);
    for (const line of wrong) print(`FOUND --seed ${seed} --rounds 1: ${line}`);
    findings += wrong.length;
  }
  print(`seed ${first}: ${findings} findings`);
  return findings;
}
