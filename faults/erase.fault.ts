import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { Rounds } from './erase/rounds.ts';

/** Rounds with the same store; then another seed makes another one. */
const roundsOfStore = 10;
/** More steps than an erasure has: then it comes to its end. */
const mostSteps = 24;

/**
 * `npm run faults -- erase [--seed N] [--rounds N]`: erases a user, a tenant or what is old, and kills the process at
 * another step each time, before it or while it runs. What was erased must never be there again, and nothing else may be missing.
 */
export async function run(args: readonly string[], print: (line: string) => void): Promise<number> {
  const options = { seed: { type: 'string' }, rounds: { type: 'string', default: '100' } } as const;
  const { values } = parseArgs({ args: [...args], options });
  const seed = Number(values.seed ?? randomInt(2 ** 31));
  print(`seed ${seed}, ${values.rounds} rounds`);
  let findings = 0;
  let rounds: Rounds | null = null;
  const steps = new Map<string, number>();
  try {
    for (let round = 0; round < Number(values.rounds); round++) {
      if (round % roundsOfStore === 0) {
        rounds?.[Symbol.dispose]();
        rounds = await Rounds.make(seed + round);
      }
      // Every other round in the middle of a step; one that takes longer is killed in a later one.
      const afterMs = round % 2 === 0 ? null : (seed + round * 3) % 40;
      const { step, wrong } = await rounds!.killAt((seed + round * 7) % mostSteps, afterMs);
      const where = step === null ? 'not killed' : `${afterMs === null ? 'before' : 'during'} ${step}`;
      steps.set(where, (steps.get(where) ?? 0) + 1);
      for (const line of wrong) print(`FOUND seed ${seed}, round ${round}, ${where}: ${line}`);
      findings += wrong.length;
    }
  } finally {
    rounds?.[Symbol.dispose]();
  }
  for (const [step, count] of steps) print(`${String(count).padStart(5)}  ${step}`);
  print(`seed ${seed}: ${findings} findings`);
  return findings;
}
