import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Store } from '../src/store/store.ts';
import { Program } from '../test/story/program.ts';
import { History } from './moment/history.ts';
import { type Reading, raceProgram, wrongIn } from './moment/races.ts';
import { raceStore } from './moment/store-race.ts';

/**
 * `npm run faults -- moment [--seed N] [--minutes N]`: reads the store all the time while versions of activities replace
 * each other: everything, one user's and one site's activities, as snapshots, counts, pages and summaries. Half of the
 * time in this process, half through the started program, whose worker is killed now and then. Every reading must equal
 * a state that the store had.
 */
export async function run(args: readonly string[], print: (line: string) => void): Promise<number> {
  const options = { seed: { type: 'string' }, minutes: { type: 'string', default: '10' } } as const;
  const { values } = parseArgs({ args: [...args], options });
  const seed = Number(values.seed ?? randomInt(2 ** 31));
  const halfMs = (Number(values.minutes) * 60_000) / 2;
  print(`seed ${seed}, ${values.minutes} minutes`);

  const wrong = [...(await throughStore(seed, halfMs, print)), ...(await throughProgram(seed, halfMs, print))];
  for (const line of wrong) print(line);
  print(`seed ${seed}: ${wrong.length} readings equal no state of the store`);
  return wrong.length;
}

async function throughStore(seed: number, forMs: number, print: (line: string) => void): Promise<string[]> {
  const directory = mkdtempSync(join(tmpdir(), 'trailport-'));
  try {
    await using store = await Store.open(directory, { removeAfter: 5000 });
    const history = new History(seed, 3000);
    const readings = await raceStore(store, history, until(forMs));
    return judged('store', readings, history, print);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function throughProgram(seed: number, forMs: number, print: (line: string) => void): Promise<string[]> {
  const program = await Program.start();
  try {
    const history = new History(seed + 1, 3000);
    const lasts = until(forMs);
    const goOn = () => {
      if (history.states.length % 8 === 0) process.kill(program.workerPid, 'SIGKILL');
      return lasts();
    };
    const readings = await raceProgram(program, history, goOn);
    return judged('program', readings, history, print);
  } finally {
    await program.remove();
  }
}

function judged(
  where: string,
  readings: readonly Reading[],
  history: History,
  print: (line: string) => void,
): string[] {
  const { rows } = history.states.at(-1)!.everything;
  print(`${where}: ${history.states.length - 1} writes to ${rows} activities, ${readings.length} readings`);
  return wrongIn(readings, history);
}

function until(ms: number): () => boolean {
  const from = performance.now();
  return () => performance.now() - from < ms;
}
