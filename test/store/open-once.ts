import { Store } from '../../src/store/store.ts';
import { followSteps } from './steps.ts';

/*
 * Opens the store of a directory and kills itself with SIGKILL before the given step of its opening; ends with SIGTERM
 * when it opened before that.
 */
const [directory = '', steps = ''] = process.argv.slice(2);
let left = Number(steps);
followSteps((work) => {
  if (left-- === 0) process.kill(process.pid, 'SIGKILL');
  return work();
});
await Store.open(directory);
// The engine's threads keep the process.
process.kill(process.pid, 'SIGTERM');
