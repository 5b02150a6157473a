import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { Random } from '../test/story/filters/random.ts';
import { Rounds } from './write/rounds.ts';

/** A store grows with every round; a new one is begun after so many. */
const roundsOfStore = 25;

/**
 * `npm run faults -- write [--seed N] [--rounds N]`: kills a process that writes to a store for several tenants at once,
 * before or after a named step, or at any time. After each round what was acknowledged is there once, what had begun is
 * there wholly or not at all, and the tables and the ledger agree.
 */
export async function run(args: readonly string[], print: (line: string) => void): Promise<number> {
  const options = { seed: { type: 'string' }, rounds: { type: 'string', default: '100' } } as const;
  const { values } = parseArgs({ args: [...args], options });
  const first = Number(values.seed ?? randomInt(2 ** 31));
  let [left, findings] = [Number(values.rounds), 0];
  for (let seed = first; left > 0; seed++) {
    const random = new Random(seed);
    const rounds = new Rounds(seed);
    const killed = new Map<string, number>();
    try {
      await rounds.round(3, null);
      for (let i = 0; i < roundsOfStore && left > 0; i++, left--) {
        if (random.chance(0.3)) {
          await rounds.round(3, null, random.below(4000));
          continue;
        }
        const step = random.pick([...rounds.steps]);
        killed.set(step, (killed.get(step) ?? 0) + 1);
        await rounds.round(2, { step, when: random.pick(['before', 'after']), skip: random.below(4) });
      }
    } finally {
      rounds.remove();
    }
    for (const line of rounds.findings) print(`FOUND seed ${seed}: ${line}`);
    print(`seed ${seed}: killed at ${[...killed].map(([step, times]) => `${step} (${times})`).join(', ')}`);
    findings += rounds.findings.length;
  }
  print(`${values.rounds} rounds, ${findings} findings`);
  return findings;
}
