import { writeSync } from 'node:fs';
import { Store } from '../../src/store/store.ts';
import { activityOf, Batches, importsOf, type Task, tenants } from './plan.ts';
import { followSteps } from './steps.ts';

/*
 * A process that writes to a store and may be killed at a step. Prints a line for each step, for each batch that begins
 * and for each that is acknowledged.
 */
const { directory, seed, from, batches, death } = JSON.parse(process.argv[2]!) as Task;
const say = (...words: (string | number)[]) => writeSync(1, `${words.join(' ')}\n`);

let skip = death?.skip ?? 0;
followSteps(async (work, name) => {
  const isHere = name === death?.step && skip-- === 0;
  if (isHere && death?.when === 'before') process.kill(process.pid, 'SIGKILL');
  const result = await work();
  if (isHere) process.kill(process.pid, 'SIGKILL');
  say('step', name);
  return result;
});

{
  await using store = await Store.open(directory, { removeAfter: 200 });
  await Promise.all(
    tenants.map(async (tenant, i) => {
      const all = new Batches(seed, tenant);
      const first = from[i]!;
      const add = async (number: number) => {
        const activities = all.batch(number).map(activityOf);
        await Promise.all(importsOf(tenant, number).map((job) => store.add(tenant, job, activities)));
      };
      for (let number = first; number < first + batches; number++) {
        say('begun', i, number);
        await add(number);
        say('stored', i, number);
        // The same once more, and an old one: neither changes anything.
        if (number % 3 === 0) await add(number);
        if (number % 4 === 3) await add(number - 2);
      }
    }),
  );
}
