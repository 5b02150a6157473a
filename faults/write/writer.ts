import { writeSync } from 'node:fs';
import type { Activity } from '../../src/domain/activity.ts';
import type { JobId, TenantId } from '../../src/domain/ids.ts';
import { encodedActivities } from '../../src/store/block/block.ts';
import { Store } from '../../src/store/store.ts';
import { activityOf, Batches, importsOf, type Task, tenants } from './plan.ts';
import { followSteps } from './steps.ts';

/** A batch is one write of so many blocks. */
const blocks = 3;

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
        await Promise.all(importsOf(tenant, number).map((job) => addInBlocks(store, tenant, job, activities)));
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

async function addInBlocks(store: Store, tenant: TenantId, job: JobId, activities: readonly Activity[]): Promise<void> {
  await using adding = store.beginAdding(tenant, job);
  const size = Math.ceil(activities.length / blocks);
  for (let at = 0; at < activities.length; at += size) {
    const block = activities.slice(at, at + size);
    await adding.add(encodedActivities(block), block.length);
  }
  await adding.end();
}
