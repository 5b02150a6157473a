import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { BackupRounds } from './backup/rounds.ts';
import { History } from './moment/history.ts';

/**
 * `npm run faults -- backup [--seed N] [--rounds N]`: `kill -9` at a step of a backup, while writes go on, and at a step of
 * a restore, in turns. Every round must leave a whole backup or none, a whole data directory or one that refuses to
 * start, and the next attempt must succeed.
 */
export async function run(args: readonly string[], print: (line: string) => void): Promise<number> {
  const options = { seed: { type: 'string' }, rounds: { type: 'string', default: '100' } } as const;
  const { values } = parseArgs({ args: [...args], options });
  const seed = Number(values.seed ?? randomInt(2 ** 31));
  print(`seed ${seed}, ${values.rounds} rounds of each`);
  using rounds = new BackupRounds();
  await rounds.prepare();
  const random = new History(seed, 1);
  let findings = 0;
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const what of ['backup', 'restore'] as const) {
      const number = rounds.pick(what, (below) => random.random(below));
      const { step, wrong } = await rounds.round(what, number);
      print(`${round} ${what}, step ${number} (${step}): ${wrong.length === 0 ? 'whole' : wrong.join('; ')}`);
      findings += wrong.length;
    }
  }
  print(`seed ${seed}: ${findings} findings`);
  return findings;
}
