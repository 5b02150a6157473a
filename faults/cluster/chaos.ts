import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../../test/story/filters/random.ts';
import type { Cluster } from '../../test/story/installation.ts';

type Fault = (cluster: Cluster, random: Random) => Promise<string>;

/** Longer than the lease of the workers. */
const heldMs = 3000;

const anyProgram = (cluster: Cluster, random: Random) => random.pick([...cluster.programs.keys()].sort());
const anyWorker = (cluster: Cluster, random: Random) =>
  random.pick([...cluster.programs.keys()].filter((name) => name.startsWith('worker')).sort());

/** Each breaks something and mends it again. The answer says what it was. */
export const faults: Readonly<Record<string, Fault>> = {
  killWorker: async (cluster, random) => {
    const name = anyWorker(cluster, random);
    const program = cluster.programs.get(name)!;
    const since = program.log.length;
    process.kill(program.workerPid, 'SIGKILL');
    await program.logged(({ event }) => event === 'worker_ready', since);
    return `killed the worker of ${name}`;
  },
  killProgram: async (cluster, random) => {
    const name = anyProgram(cluster, random);
    await cluster.programs.get(name)!.kill9();
    await delay(random.below(500));
    await cluster.startProgram(name);
    return `killed ${name}`;
  },
  hold: async (cluster, random) => {
    const name = anyWorker(cluster, random);
    const program = cluster.programs.get(name)!;
    const pids = [program.pid, program.workerPid];
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    await delay(heldMs);
    for (const pid of pids) process.kill(pid, 'SIGCONT');
    return `held ${name}`;
  },
  postgres: async (cluster, random) => {
    await cluster.postgres.stop();
    await delay(random.below(2000));
    await cluster.postgres.resume();
    return 'stopped PostgreSQL';
  },
  clickhouse: async (cluster, random) => {
    await cluster.clickhouse.stop();
    await delay(random.below(2000));
    await cluster.clickhouse.resume();
    return 'stopped ClickHouse';
  },
  bucket: async (cluster, random) => {
    await cluster.bucket.stop();
    await delay(random.below(2000));
    await cluster.bucket.resume();
    return 'stopped the bucket';
  },
};
