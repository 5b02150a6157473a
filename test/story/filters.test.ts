import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { filtersEnv, wrongAnswers } from './filters/asking.ts';
import { matching } from './filters/matching.ts';
import { questions } from './filters/questions.ts';
import { Random } from './filters/random.ts';
import { filledTenants } from './filters/tenants.ts';
import { Program } from './program.ts';

/** The long form: `npm run faults -- filters`. */
const seed = Number(process.env.SEED ?? randomInt(2 ** 31));

test('every combination of filters means the rows of a naive filter, in whatever order, formats and imports they came', async (t) => {
  t.diagnostic(`SEED=${seed}`);
  const random = new Random(seed);
  const program = await Program.start({ env: filtersEnv });
  t.after(() => program.remove());
  const filled = await filledTenants(program, random, 250, 0.4);
  const asked = random.some(questions(random, filled.records, 1), 50);
  const matched = asked.filter((one) => matching(filled.records, one).length > 0).length;
  t.diagnostic(`${filled.records.length} activities, ${asked.length} questions, ${matched} of them match something`);
  assert.ok(matched > asked.length / 2, `${matched} of ${asked.length}`);
  assert.deepEqual(await wrongAnswers(filled, asked, true), []);
});
