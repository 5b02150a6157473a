import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AppId, JobId, TenantId } from '../../src/domain/ids.ts';
import { type JobType, jobTypes } from '../../src/domain/job.ts';
import type { Journal } from '../../src/job/journal/journal.ts';
import { add, claim, contoso, exportOf, exportRequest, outcome } from '../job/fixtures.ts';

const fabrikam = 'fabrikam' as TenantId;
const progress = { rows: 1, rowsTotal: 2, percent: 50 };

/** Opens a journal of its own name; the same name again is the same journal, as another process opens it. */
export type OpenNamed = (name: string) => Promise<Journal>;

/** What every adapter of the port `Journal` promises about moves. */
export function promisesOfJournal(adapter: string, open: OpenNamed): void {
  test(`${adapter}: a job goes waiting, running, finished, expired, and never back`, async () => {
    await using journal = await open('states');
    const id = await add(journal, exportOf());
    const state = async () => (await journal.find(contoso, id))?.state;
    assert.equal(await state(), 'waiting');
    const claimed = (await claim(journal))!;
    assert.deepEqual([claimed.state, claimed.attempt], ['running', 1]);
    assert.ok(await journal.finish(claimed, outcome, 3, 10));
    for (const late of [
      journal.finish(claimed, outcome, 4, null),
      journal.fail(claimed, { code: 'internal', message: '' }, 4),
      journal.giveBack(claimed, 'counted'),
      journal.beat(claimed, progress),
      journal.cancel(claimed.key, 'running', 4),
      journal.cancel(claimed.key, 'waiting', 4),
    ]) {
      assert.equal(await late, false);
    }
    assert.equal(await state(), 'finished');
    assert.ok(await journal.expire(claimed.key));
    assert.equal(await journal.expire(claimed.key), false);
    assert.equal(await state(), 'expired');
  });

  test(`${adapter}: of two attempts that overlap only the newer one can write about the job`, async () => {
    await using journal = await open('fence');
    const id = await add(journal, exportOf());
    const older = (await claim(journal, { holder: 'one' }))!;
    await journal.giveBack(older, 'counted');
    const newer = (await claim(journal, { holder: 'two' }))!;
    assert.equal(newer.id, id);
    assert.ok(newer.fence > older.fence);
    assert.equal(await journal.beat(older, progress), false);
    assert.equal(await journal.finish(older, outcome, 4, null), false);
    assert.equal(await journal.fail(older, { code: 'internal', message: '' }, 4), false);
    assert.equal(await journal.giveBack(older, 'counted'), false);
    assert.equal(await journal.beat(newer, progress), true);
    const [lease] = await journal.runningLeases();
    assert.deepEqual([lease?.holder, lease?.beat, lease?.fence], ['two', 1, newer.fence]);
    const found = await journal.find(contoso, id);
    assert.deepEqual(found?.state === 'running' && found.progress, progress);
    assert.equal(await journal.finish(newer, outcome, 5, null), true);
  });

  test(`${adapter}: a job given back keeps its place, and an attempt that was only stopped is not counted`, async () => {
    await using journal = await open('places');
    const [first, second] = [await add(journal, exportOf()), await add(journal, exportOf())];
    await journal.giveBack((await claim(journal))!, 'not counted');
    const waiting = [await journal.find(contoso, first), await journal.find(contoso, second)];
    assert.deepEqual(
      waiting.map((job) => job?.state === 'waiting' && job.queuePosition),
      [1, 2],
    );
    assert.equal(waiting[0]?.attempt, 0);
    await journal.giveBack((await claim(journal))!, 'counted');
    assert.equal((await journal.find(contoso, first))?.attempt, 1);
  });

  test(`${adapter}: another tenant finds no job, in a look or a list`, async () => {
    await using journal = await open('tenants');
    const id = await add(journal, exportOf());
    assert.equal(await journal.find(fabrikam, id), null);
    const all = { state: null, type: null, before: null, limit: 10 };
    const listed = async (tenant: TenantId, filter: object) =>
      (await journal.list(tenant, { ...all, ...filter })).jobs.map((job) => job.id);
    assert.deepEqual(await listed(fabrikam, {}), []);
    assert.deepEqual(await listed(contoso, {}), [id]);
    assert.deepEqual(await listed(contoso, { state: 'running' }), []);
    assert.deepEqual(await listed(contoso, { type: 'import' }), []);
    assert.deepEqual(await listed(contoso, { before: id }), []);
  });

  test(`${adapter}: a page of jobs ends early where their texts are large, and the pages together hold every job`, async () => {
    await using journal = await open('pages');
    const columns = Array.from({ length: 60_000 }, () => 'user' as const);
    const ids: JobId[] = [];
    const request = { ...exportRequest, columns };
    for (let i = 0; i < 7; i++) ids.unshift(await add(journal, { ...exportOf(), type: 'export', request }));
    const listed: number[] = [];
    const sizes: number[] = [];
    for (let before: JobId | null = null; ; ) {
      const { jobs, next } = await journal.list(contoso, { state: null, type: null, before, limit: 1000 });
      listed.push(...jobs.map(({ id }) => id));
      sizes.push(JSON.stringify(jobs).length);
      if (next === null) break;
      before = next;
    }
    assert.deepEqual(listed, ids);
    assert.ok(sizes.length > 1 && sizes.every((units) => units < 1.1 * 2 ** 20), sizes.join());
  });

  test(`${adapter}: jobs are there again when the journal is opened anew, and numbers never come back`, async () => {
    {
      await using journal = await open('again');
      for (const tenant of [contoso, fabrikam, contoso]) await add(journal, exportOf(tenant));
      for (let left = 3; left > 0; left--)
        await journal.fail((await claim(journal))!, { code: 'internal', message: '' }, 3);
      assert.equal((await journal.removeEnded(4, 2)).length, 2);
      assert.deepEqual(await journal.removeEnded(3, 2), []);
    }
    await using journal = await open('again');
    assert.deepEqual([await add(journal, exportOf(contoso)), await add(journal, exportOf(fabrikam))], [3, 2]);
    assert.deepEqual((await journal.find(contoso, 3 as JobId))?.request, exportRequest);
  });

  test(`${adapter}: the same export of an app is one job while it waits or runs, and a key means its job for ever`, async () => {
    await using journal = await open('same');
    const ask = { nowMs: 1, joins: true, mostWaiting: null };
    const same = { ...exportOf(), same: 'hash' };
    assert.deepEqual(await journal.submit(same, ask), { did: 'added', id: 1 });
    assert.deepEqual(await journal.submit(same, ask), { did: 'joined', id: 1 });
    assert.deepEqual(await journal.submit({ ...same, app: 'another' as AppId }, ask), { did: 'added', id: 2 });
    assert.deepEqual(await journal.submit(same, { ...ask, joins: false }), { did: 'added', id: 3 });
    const keyed = { ...same, idempotencyKey: 'key' };
    assert.deepEqual(await journal.submit(keyed, ask), { did: 'added', id: 4 });
    assert.deepEqual(await journal.submit(keyed, { ...ask, joins: false }), { did: 'joined', id: 4 });
    assert.deepEqual(await journal.submit({ ...keyed, same: 'other' }, ask), { did: 'refused', because: 'key used' });
    for (let left = 4; left > 0; left--)
      await journal.fail((await claim(journal))!, { code: 'internal', message: '' }, 3);
    assert.deepEqual(await journal.submit(keyed, ask), { did: 'joined', id: 4 });
    assert.deepEqual(await journal.submit(same, ask), { did: 'added', id: 5 });
  });

  test(`${adapter}: a tenant's queue takes as many as may wait, counts nobody else's, and goes on when one is taken up`, async () => {
    await using journal = await open('full');
    const submit = (tenant: TenantId) =>
      journal.submit(exportOf(tenant), { nowMs: 1, joins: false, mostWaiting: 2 }).then(({ did }) => did);
    // At once, as many processes do it.
    const answers = await Promise.all(Array.from({ length: 6 }, () => submit(contoso)));
    assert.deepEqual(answers.sort(), ['added', 'added', 'refused', 'refused', 'refused', 'refused']);
    assert.equal(await submit(fabrikam), 'added');
    await claim(journal);
    assert.equal(await submit(contoso), 'added');
    assert.equal(await submit(contoso), 'refused');
  });

  test(`${adapter}: what is remembered is what a look finds; own moves count at once, and the same job is the same object`, async () => {
    await using journal = await open('remembered');
    const id = await add(journal, exportOf());
    const seen = async () => {
      const found = await journal.find(contoso, id);
      assert.equal(journal.remembered(contoso, id), found);
      assert.equal(await journal.find(contoso, id), found);
      return found;
    };
    assert.equal((await seen())?.state, 'waiting');
    const claimed = (await claim(journal))!;
    assert.equal((await seen())?.state, 'running');
    await journal.beat(claimed, progress);
    const job = await seen();
    assert.deepEqual(job?.state === 'running' && job.progress, progress);
    await journal.finish(claimed, outcome, 3, 10);
    assert.equal((await seen())?.state, 'finished');
    await journal.rewrite(claimed.key, { ...exportRequest, user: 'erased' }, outcome);
    assert.deepEqual((await seen())?.request, { ...exportRequest, user: 'erased' });
    await journal.expire(claimed.key, 'erased');
    const erased = await seen();
    assert.equal(erased?.state === 'expired' && erased.outcome.erased, true);
    assert.equal(await journal.find(fabrikam, id), null);
  });

  test(`${adapter}: a move of another process is found once it is told of, and after a second without that`, async () => {
    await using journal = await open('two');
    await using other = await open('two');
    const id = await add(journal, exportOf());
    const { key } = (await journal.find(contoso, id))!;
    assert.equal((await other.find(contoso, id))?.state, 'waiting');
    await claim(other);
    journal.lookAgain(key);
    assert.equal((await journal.find(contoso, id))?.state, 'running');
    await other.cancel(key, 'running', 3);
    const sinceMs = performance.now();
    while ((await journal.find(contoso, id))?.state !== 'cancelled') await new Promise(setImmediate);
    assert.ok(performance.now() - sinceMs < 1500);
  });

  test(`${adapter}: reports whose time is over, jobs with files, and what is removed are found with what their files need`, async () => {
    await using journal = await open('files');
    for (let i = 0; i < 4; i++) await add(journal, exportOf());
    const finished = [(await claim(journal))!, (await claim(journal))!];
    await journal.finish(finished[0]!, outcome, 3, 20);
    await journal.finish(finished[1]!, outcome, 3, 10);
    await journal.fail((await claim(journal))!, { code: 'internal', message: '' }, 3);
    assert.deepEqual(await journal.expiredBy(9, 10), []);
    assert.deepEqual(
      (await journal.expiredBy(20, 10)).map(({ id, tenant }) => [id, tenant]),
      [
        [2, contoso],
        [1, contoso],
      ],
    );
    assert.equal((await journal.expiredBy(20, 1)).length, 1);
    const states: string[] = [];
    for await (const job of journal.withFiles()) {
      states.push(job.state);
      assert.deepEqual(job.request, exportRequest);
      if (job.state === 'finished') assert.deepEqual(job.outcome, outcome);
    }
    assert.deepEqual(states.sort(), ['finished', 'finished', 'waiting']);
    // A job stays for as long as its report is kept.
    assert.deepEqual(
      (await journal.removeEnded(1000, 10)).map(({ state }) => state),
      ['failed'],
    );
  });

  test(`${adapter}: the figures say of every type how many jobs of all tenants wait and run, and since when`, async () => {
    await using journal = await open('figures');
    const of = async (type: JobType) => (await journal.figures()).find((figures) => figures.type === type);
    assert.deepEqual((await journal.figures()).map(({ type }) => type).sort(), [...jobTypes].sort());
    assert.deepEqual(await of('export'), { type: 'export', waiting: 0, running: 0, oldestAtMs: null });
    await add(journal, exportOf(), 30);
    await add(journal, exportOf(fabrikam), 20);
    await add(journal, exportOf(), 40);
    assert.deepEqual(await of('export'), { type: 'export', waiting: 3, running: 0, oldestAtMs: 20 });
    const claimed = [(await claim(journal))!, (await claim(journal))!];
    assert.deepEqual(await of('export'), { type: 'export', waiting: 1, running: 2, oldestAtMs: 40 });
    await journal.giveBack(claimed[0]!, 'counted');
    await journal.finish(claimed[1]!, outcome, 50, null);
    const [back, ended] = claimed.map(({ createdAtMs }) => createdAtMs);
    assert.deepEqual([back, ended].sort(), [20, 30]);
    assert.deepEqual(await of('export'), { type: 'export', waiting: 2, running: 0, oldestAtMs: back });
    assert.deepEqual(await of('import'), { type: 'import', waiting: 0, running: 0, oldestAtMs: null });
  });
}
