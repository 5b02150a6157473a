import { writeSync } from 'node:fs';
import { restoreBackup } from '../../src/backup/backup.ts';
import { placesIn } from '../../src/config.ts';
import type { JobId } from '../../src/domain/ids.ts';
import { backUpFor } from '../../src/installation.ts';
import { Store } from '../../src/store/store.ts';
import { batchOf, configOf, tenants } from './installation.ts';

/*
 * Makes a backup while writes go on, or restores one, and kills itself with SIGKILL after the step of this number, whose
 * name it prints; with SIGTERM when it ended before. Arguments: backup or restore, the data directory, the directory of
 * backups, the name of the backup, the number of the step.
 */
const [what, data = '', directory = '', name = '', steps = ''] = process.argv.slice(2);
const signal = new AbortController().signal;
const progress = () => undefined;
let left = Number(steps);
let done = 0;
const onStep = (step: string) => {
  done++;
  if (left-- > 0) return;
  writeSync(1, step);
  process.kill(process.pid, 'SIGKILL');
};

if (what === 'backup') {
  const store = await Store.open(placesIn(data).store);
  let ended = false;
  const writing = (async () => {
    for (let number = 0; !ended && number < 500; number++) await store.add(tenants[1]!, 3 as JobId, batchOf(number));
  })();
  await backUpFor(configOf(data), store, onStep)({ directory, name }, { progress, signal });
  ended = true;
  await writing;
} else {
  await restoreBackup(directory, data, { places: placesIn(data), onStep }, { progress, signal });
}
writeSync(1, `${done} steps`);
// The engine's threads keep the process.
process.kill(process.pid, 'SIGTERM');
