import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { filtersEnv, wrongAnswers } from '../test/story/filters/asking.ts';
import { questions } from '../test/story/filters/questions.ts';
import { Random } from '../test/story/filters/random.ts';
import { filledTenants } from '../test/story/filters/tenants.ts';
import { Program } from '../test/story/program.ts';

/**
 * `npm run faults -- filters [--seed N] [--rounds N] [--records N]`: fills tenants with the same records in different
 * ways and asks for every combination of filters; each answer must be that of a naive filter. A round takes minutes.
 */
export async function run(args: readonly string[], print: (line: string) => void): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string' },
      rounds: { type: 'string', default: '3' },
      records: { type: 'string', default: '2000' },
    },
  });
  const first = Number(values.seed ?? randomInt(2 ** 31));
  let findings = 0;
  for (let round = 0; round < Number(values.rounds); round++) {
    const seed = first + round;
    const random = new Random(seed);
    const program = await Program.start({ env: filtersEnv });
    try {
      const filled = await filledTenants(program, random, Number(values.records));
      const asked = questions(random, filled.records, 3);
      const wrong = await wrongAnswers(filled, asked);
      for (const line of wrong) print(`FOUND ${line}`);
      print(`seed ${seed}: ${filled.records.length} activities, ${asked.length} questions, ${wrong.length} findings`);
      findings += wrong.length;
    } finally {
      await program.remove();
    }
  }
  return findings;
}
