import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AppId, JobId, TenantId } from '../../src/domain/ids.ts';
import { add, app, claim, contoso, exportOf } from '../job/fixtures.ts';
import type { OpenNamed } from './journal.ts';

const fabrikam = 'fabrikam' as TenantId;
const tailspin = 'tailspin' as TenantId;
const failure = { code: 'internal', message: '' } as const;

/** What every adapter of the port `Journal` promises about whose turn it is. */
export function promisesOfTurns(adapter: string, open: OpenNamed): void {
  test(`${adapter}: a single job waits for at most two of the 200 that each of two other tenants has waiting`, async () => {
    await using journal = await open('single');
    for (let i = 0; i < 200; i++) await add(journal, exportOf(contoso));
    for (let i = 0; i < 200; i++) await add(journal, exportOf(fabrikam));
    const running = [(await claim(journal))!, (await claim(journal))!, (await claim(journal))!];
    await add(journal, exportOf(tailspin));
    // One job ends, the next is claimed: as a worker with three places does it.
    let ended = 0;
    while (!running.some(({ tenant }) => tenant === tailspin)) {
      await journal.fail(running.shift()!, failure, 3);
      ended++;
      running.push((await claim(journal))!);
    }
    assert.ok(ended <= 2, `${ended} jobs of others ended before it began`);
  });

  test(`${adapter}: tenants take turns, and so do the apps of one tenant; the jobs of one app stay in their order`, async () => {
    await using journal = await open('apps');
    for (const [tenant, by] of [
      [contoso, app],
      [contoso, app],
      [contoso, app],
      [contoso, 'other' as AppId],
      [fabrikam, app],
    ] as const) {
      await add(journal, exportOf(tenant, by));
    }
    const served: unknown[] = [];
    for (let job = await claim(journal); job !== null; job = await claim(journal)) {
      await journal.fail(job, failure, 3);
      served.push([job.tenant, job.id]);
    }
    assert.deepEqual(served, [
      [contoso, 1],
      [fabrikam, 1],
      [contoso, 4],
      [contoso, 2],
      [contoso, 3],
    ]);
  });

  test(`${adapter}: a tenant with its share running lets others pass, and goes on when it may have more`, async () => {
    await using journal = await open('share');
    for (const tenant of [contoso, contoso, fabrikam]) await add(journal, exportOf(tenant));
    const claimed = async (perTenant: number) => {
      const job = await claim(journal, { perTenant });
      return job === null ? null : [job.tenant, job.id];
    };
    assert.deepEqual(await claimed(1), [contoso, 1]);
    assert.deepEqual(await claimed(1), [fabrikam, 1]);
    assert.equal(await claimed(1), null);
    assert.deepEqual(await claimed(2), [contoso, 2]);
  });

  test(`${adapter}: job numbers count for each tenant by itself, and keys for all`, async () => {
    await using journal = await open('numbers');
    const numbers: JobId[] = [];
    for (const tenant of [contoso, fabrikam, contoso, fabrikam]) numbers.push(await add(journal, exportOf(tenant)));
    assert.deepEqual(numbers, [1, 1, 2, 2]);
    const ours = await journal.find(contoso, 2 as JobId);
    const theirs = await journal.find(fabrikam, 2 as JobId);
    assert.deepEqual([ours?.tenant, theirs?.tenant], [contoso, fabrikam]);
    assert.notEqual(ours?.key, theirs?.key);
  });

  test(`${adapter}: a job that was cut off twice is a suspect, and is taken up only by who asks for one`, async () => {
    await using journal = await open('suspect');
    await add(journal, exportOf());
    for (let cutOffs = 0; cutOffs < 2; cutOffs++) {
      assert.equal(await journal.hasSuspect(), false);
      assert.equal(await claim(journal, { which: 'suspect' }), null);
      await journal.giveBack((await claim(journal))!, 'counted');
    }
    assert.equal(await journal.hasSuspect(), true);
    assert.equal(await claim(journal), null);
    assert.equal((await claim(journal, { which: 'suspect' }))?.attempt, 3);
    assert.equal(await journal.hasSuspect(), false);
  });

  test(`${adapter}: workers that claim at once take no job twice, leave none, and no tenant has more than its share`, async () => {
    await using journal = await open('rivals');
    const perTenant = 3;
    const tenants = [contoso, fabrikam, tailspin];
    for (let i = 0; i < 90; i++) await add(journal, exportOf(tenants[i % 3]!));
    const running = new Map<TenantId, number>();
    const taken = new Set<string>();
    const worker = async (holder: string) => {
      await using own = await open('rivals');
      while (taken.size < 90) {
        const job = await claim(own, { holder, perTenant });
        if (job === null) continue;
        const now = (running.get(job.tenant) ?? 0) + 1;
        running.set(job.tenant, now);
        assert.ok(now <= perTenant, `${now} of ${job.tenant} run`);
        assert.ok(!taken.has(`${job.tenant} ${job.id}`), 'taken twice');
        taken.add(`${job.tenant} ${job.id}`);
        // Lowered first: the next claim may come before the answer.
        running.set(job.tenant, running.get(job.tenant)! - 1);
        assert.ok(await own.fail(job, failure, 3));
      }
    };
    await Promise.all(Array.from({ length: 6 }, (_, i) => worker(`worker ${i}`)));
    assert.deepEqual([taken.size, await claim(journal, { perTenant })], [90, null]);
  });
}
