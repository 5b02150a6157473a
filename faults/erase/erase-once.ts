import { Store } from '../../src/store/store.ts';
import { followSteps } from '../../test/store/steps.ts';
import { contoso, eraseJob, planFor } from './plan.ts';

/*
 * Erases as the plan of a seed says, in the store of a directory, and kills itself with SIGKILL before the given step, or
 * some milliseconds after it began; says each step's name on standard output. Ends with SIGTERM when it came to the end
 * before that.
 */
const [directory = '', seed = '', killAt = '', afterMs = ''] = process.argv.slice(2);
let left = Number(killAt);
const kill = () => process.kill(process.pid, 'SIGKILL');
const signal = new AbortController().signal;
const store = await Store.open(directory);
followSteps((work, name) => {
  process.stdout.write(`${name}\n`);
  if (left-- === 0) {
    if (afterMs === '') kill();
    else setTimeout(kill, Number(afterMs));
  }
  return work();
});
const { pending } = await store.erase(contoso, eraseJob, planFor(Number(seed)).request, Date.now());
await store.removeErased(contoso, pending, 1000, signal);
await store.concludeErased(pending);
// The engine's threads keep the process.
process.kill(process.pid, 'SIGTERM');
