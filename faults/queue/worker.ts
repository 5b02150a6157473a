import { setTimeout as delay } from 'node:timers/promises';
import type { Outcome } from '../../src/domain/job.ts';
import type { Claimed, Journal } from '../../src/job/journal/journal.ts';
import { openJournal } from '../../src/job/journal/open.ts';
import { openDatabase } from '../../src/kit/database.ts';
import { Random } from '../../test/story/filters/random.ts';

/*
 * One worker of a queue that does no work: it claims, beats now and then, and ends or gives back. Arguments: URL or path of
 * the database, holder, seed. Prints a line of JSON for every claim, and for every move before it is asked for and after
 * it is answered, so that who reads knows of a killed worker what it may have done.
 */
const [place = '', holder = '', seed = ''] = process.argv.slice(2);
const random = new Random(Number(seed));
const database = openDatabase(place.startsWith('postgres:') ? place : null, place, 10_000);
const journal = await openedJournal();
const outcome: Outcome = {
  type: 'export',
  report: { fileName: 'a.zip', shelfName: 'a.zip', bytes: 1, rows: 0, sha256: '00', files: [] },
};
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

for (;;) {
  const job = await claimed();
  if (job === null) await delay(5);
  else await work(job);
}

/** The server may be away when the worker starts. */
async function openedJournal(): Promise<Journal> {
  for (;;) {
    const journal = await openJournal(database).catch(() => null);
    if (journal !== null) return journal;
    await delay(50);
  }
}

async function claimed(): Promise<Claimed | null> {
  try {
    const job = await journal.claim({ type: 'export', holder, perTenant: 3, nowMs: 1, which: 'unsuspected' });
    if (job !== null) say({ did: 'claim', key: job.key, fence: job.fence });
    return job;
  } catch {
    // The database is away. Whether the job was claimed, its lease will tell.
    await delay(50);
    return null;
  }
}

async function work(job: Claimed): Promise<void> {
  const { key, fence } = job;
  try {
    for (let beats = random.below(3); beats > 0; beats--) {
      await delay(random.below(4));
      if (!(await journal.beat({ key, fence }, { rows: beats, rowsTotal: null, percent: null }))) return;
    }
    // Now and then it forgets to beat until its lease is over, and goes on as if nothing had happened.
    if (random.below(200) === 0) await delay(900);
  } catch {
    return;
  }
  const move = random.below(20) === 0 ? 'giveBack' : 'finish';
  say({ did: move, key, fence, answer: 'asked' });
  const asked =
    move === 'finish'
      ? journal.finish({ key, fence }, outcome, 2, null)
      : journal.giveBack({ key, fence }, 'not counted');
  say({ did: move, key, fence, answer: await asked.catch(() => 'unknown') });
}
