import { Store } from '../../src/store/store.ts';

/*
 * Opens the store of a directory and kills itself with SIGKILL at the given step of its opening, counted by statements of
 * the engine; ends with 0 when it opened before that.
 */
const [directory = '', steps = ''] = process.argv.slice(2);
const { Engine } = await import('../../src/store/engine/engine.ts');
const run = Engine.prototype.run;
let left = Number(steps);
Engine.prototype.run = function (...args) {
  if (left-- === 0) process.kill(process.pid, 'SIGKILL');
  return run.apply(this, args);
};
await Store.open(directory);
// The engine's threads keep the process.
process.kill(process.pid, 'SIGTERM');
