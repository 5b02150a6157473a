import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { openApps } from '../../src/auth/storage/apps.ts';
import { placesIn } from '../../src/config.ts';
import { readWriteAll } from '../../src/domain/access.ts';
import type { TenantId } from '../../src/domain/ids.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { openSqlite } from '../../src/kit/sqlite/sqlite.ts';
import { Program } from './program.ts';

type JobView = { readonly jobId: number; readonly state: string; readonly startedAt: string | null };

/** A client of a tenant of its own. */
async function clientOf(t: TestContext, program: Program, tenant: string) {
  const db = openSqlite(placesIn(program.data).database, 10_000);
  t.after(() => db.close());
  const { app, secret } = await (await openApps({ kind: 'sqlite', db }, systemClock)).add({
    name: tenant,
    tenant: tenant as TenantId,
  });
  const form = {
    grant_type: 'client_credentials',
    client_id: app.id,
    client_secret: secret ?? '',
    scope: readWriteAll,
  };
  const answer = await fetch(`${program.url}/connect/token`, { method: 'POST', body: new URLSearchParams(form) });
  const { access_token } = (await answer.json()) as { access_token: string };
  const call = async <T>(path: string, headers: Record<string, string> = {}) => {
    const sent = { ...headers, authorization: `Bearer ${access_token}` };
    return (await (await fetch(program.url + path, { headers: sent })).json()) as T;
  };
  const start = () =>
    call<{ jobId: string }>('/insights/users/a%40b.example/activities/export', { 'cache-control': 'no-cache' });
  const startedBefore = async (time: string) => {
    const { jobs } = await call<{ jobs: JobView[] }>('/insights/jobs?limit=1000');
    return jobs.filter(({ startedAt }) => startedAt !== null && startedAt < time).length;
  };
  return { call, start, startedBefore };
}

test('of three tenants with 200, 200 and 1 jobs the single one waits for at most two others', async (t) => {
  const program = await Program.start({ env: { TRAILPORT_WORKER_EXPORTS: '1', TRAILPORT_LEASE_MS: '600000' } });
  t.after(() => program.remove());
  const [first, second, single] = [
    await clientOf(t, program, 'first'),
    await clientOf(t, program, 'second'),
    await clientOf(t, program, 'single'),
  ];
  // The worker stands still until all are there.
  program.holdWorker();
  for (let i = 0; i < 200; i++) await Promise.all([first.start(), second.start()]);
  const { jobId } = await single.start();
  assert.equal(jobId, '1');
  program.releaseWorker();
  await single.call(`/insights/job/${jobId}/exportstatus`, { prefer: 'wait=60' });
  const { state, startedAt } = await single.call<JobView>(`/insights/job/${jobId}`);
  assert.equal(state, 'finished');
  const before = (await first.startedBefore(startedAt!)) + (await second.startedBefore(startedAt!));
  assert.ok(before <= 2, `${before} jobs of others began before it`);
});
