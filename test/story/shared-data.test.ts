import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { distinct, type Plain, plainRecords, sharedDataIsHere, sharedFiles } from './naive.ts';
import { Program } from './program.ts';
import { activitiesOf } from './workbook.ts';

const skip = sharedDataIsHere ? false : 'shared/data is not here';
let program: Program;
let all: Plain[] = [];

before(async () => {
  if (skip) return;
  program = await Program.start();
  all = distinct(sharedFiles().flatMap(({ name, bytes }) => plainRecords(name, bytes)));
});
after(() => program?.remove());

type Imported = { state: string; failure: { message: string } | null; result: Record<string, number> };

test('every file of the sample data imports with its counts, and a second time adds nothing', { skip }, async () => {
  const counted = { read: 0, added: 0, rejected: 0 };
  for (const round of ['plain', 'gzipped']) {
    let added = 0;
    for (const { name, bytes } of sharedFiles()) {
      const job = (await program.import(round === 'plain' ? bytes : gzipSync(bytes))) as unknown as Imported;
      if (name.includes('expanded-columns')) {
        assert.equal(job.state, 'failed', name);
        assert.match(job.failure?.message ?? '', /can be read as day or month first/);
        continue;
      }
      assert.equal(job.state, 'finished', `${name}: ${job.failure?.message}`);
      const records = plainRecords(name, bytes);
      const { read = 0, rejected = 0, duplicates = 0 } = job.result;
      added += job.result.added ?? 0;
      assert.equal(read - rejected, records.length, name);
      assert.equal(read, (job.result.added ?? 0) + duplicates + rejected, name);
      assert.equal(rejected, name.includes('splunk') ? 1 : 0, name);
      counted.read += read;
    }
    if (round === 'plain') counted.added = added;
    else assert.equal(added, 0, 'the second import added something');
  }
  assert.equal(counted.added, all.length);
});

/** The wire's four ways in. */
function pathFor(source: Plain['source'], what: 'user' | 'object', segment: string): string {
  const google = source === 'google' ? '/google' : '';
  const room = what === 'user' ? `users/${segment}/activities` : `activities/object/${segment}`;
  return `/insights${google}/${room}/export`;
}

/** The columns that this test compares. */
type Shown = Pick<Plain, 'id' | 'time' | 'user' | 'activity' | 'object'>;

async function exported(path: string): Promise<Shown[]> {
  const { jobId, message } = await program.json<{ jobId: string; message: string }>(path, {
    headers: { 'cache-control': 'no-cache' },
  });
  assert.ok(jobId, `${path}: ${message}`);
  assert.equal((await program.ended(jobId)).jobStatus, 2, path);
  return (await activitiesOf(await program.download(jobId))).map((row) => ({
    id: String(row['Activity ID']),
    time: (row['Time (UTC)'] as Date).toISOString(),
    user: String(row.User),
    activity: String(row.Activity),
    object: String(row.Object),
  }));
}

function assertSame(actual: Shown[], expected: Shown[], path: string): void {
  const facts = ({ id, time, user, activity, object }: Shown) => [time, id, user, activity, object];
  const order = (a: string[], b: string[]) => (`${a[0]} ${a[1]}` < `${b[0]} ${b[1]}` ? -1 : 1);
  assert.deepEqual(actual.map(facts), expected.map(facts).sort(order as never), path);
}

const keyOf = (object: string) => {
  if (!/^[a-z]+:\/\//i.test(object)) return object;
  try {
    return decodeURIComponent(object).toLowerCase().replace(/\/+$/, '');
  } catch {
    return object.toLowerCase().replace(/\/+$/, '');
  }
};
const isUnder = (object: string, asked: string) =>
  keyOf(object) === keyOf(asked) || (asked.includes('://') && keyOf(object).startsWith(`${keyOf(asked)}/`));
const twice = (text: string) => encodeURIComponent(encodeURIComponent(text));
const swapped = (text: string) => (text === text.toUpperCase() ? text.toLowerCase() : text.toUpperCase());

/** A question and its variants: as it is; then twice encoded, in other letters, in a window and of one event type. */
async function ask(
  source: Plain['source'],
  what: 'user' | 'object',
  name: string,
  spelling: string,
  matching: Plain[],
) {
  const plain = pathFor(source, what, encodeURIComponent(name));
  assertSame(await exported(plain), matching, plain);
  const times = matching.map((one) => one.time).sort();
  const [from, to] = [times[Math.floor(times.length / 3)]!, times[Math.floor((times.length * 2) / 3)]!.slice(0, 19)];
  const type = matching[0]!.activity;
  const query = new URLSearchParams([
    ['startTime', from],
    ['finishTime', to],
    ['eventTypes', type],
    ['eventTypes', 'NoSuchType'],
  ]);
  const within = matching.filter((one) => one.time >= from && one.time.slice(0, 19) <= to && one.activity === type);
  const other = `${pathFor(source, what, twice(spelling))}${type === '' ? '' : `?${query}`}`;
  assertSame(await exported(other), type === '' ? matching : within, other);
}

/** A few at a time, as many as run at once for a tenant. */
async function each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const lane = async () => {
    for (let item = queue.pop(); item !== undefined; item = queue.pop()) await work(item);
  };
  await Promise.all(Array.from({ length: 5 }, lane));
}

for (const source of ['microsoft365', 'google'] as const) {
  test(`the report of every ${source} user equals a naive filter over the records`, { skip }, async (t) => {
    const mine = all.filter((one) => one.source === source && one.user !== '');
    const users = new Map(mine.map((one) => [one.user.toLowerCase(), one.user]));
    await each([...users], async ([key, user]) => {
      await ask(
        source,
        'user',
        user,
        swapped(user),
        mine.filter((one) => one.user.toLowerCase() === key),
      );
    });
    t.diagnostic(`${users.size} users`);
  });

  test(`the report of every ${source} object equals a naive filter over the records`, { skip }, async (t) => {
    const mine = all.filter((one) => one.source === source && one.object !== '');
    const objects = [...new Set(mine.map((one) => one.object))];
    await each(objects, async (object) => {
      const spelling = object.includes('://') ? `${swapped(object)}/` : object;
      await ask(
        source,
        'object',
        object,
        spelling,
        mine.filter((one) => isUnder(one.object, object)),
      );
    });
    t.diagnostic(`${objects.length} objects`);
  });
}
