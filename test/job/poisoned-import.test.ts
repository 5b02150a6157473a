import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { configFrom } from '../../src/config.ts';
import type { TenantId } from '../../src/domain/ids.ts';
import { openFiles } from '../../src/files/files.ts';
import { Loop } from '../../src/job/loop.ts';
import { attempt } from '../../src/job/work/work.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { openLog } from '../../src/kit/log.ts';
import { Store } from '../../src/store/store.ts';
import { add, app, contoso, openJournal } from './fixtures.ts';

const fabrikam = 'fabrikam' as TenantId;

function record(id: string): string {
  const fields = {
    CreationTime: '2026-01-01T00:00:00',
    Operation: 'Send',
    RecordType: 2,
    UserId: 'megan@contoso.example',
  };
  return JSON.stringify({ ...fields, Id: id, Workload: 'Exchange' });
}

test('a poison file costs its own import only: imports and exports of others end meanwhile, and the worker lives on', async () => {
  await using stack = new AsyncDisposableStack();
  const jobs = stack.use(openJournal());
  const { journal, directory } = jobs;
  const store = stack.use(await Store.open(join(directory, 'store')));
  const files = await openFiles({ reports: join(directory, 'reports'), spool: join(directory, 'spool') });
  const { limits } = configFrom({}, { TRAILPORT_IMPORT_STALL_MS: '3600000' });
  const readerScript = new URL('./poison/thread.ts', import.meta.url);
  const loop = new Loop({
    journal,
    clock: systemClock,
    log: openLog('silent', 'test'),
    holder: 'w',
    onEvent: () => {},
    limits,
    attempt: (job, context) =>
      attempt(
        job,
        {
          store,
          ...files,
          limits,
          clock: systemClock,
          backUp: () => Promise.reject(new Error('no backup here')),
          journal,
          changed: () => {},
          appName: async () => null,
          readerScript,
        },
        context,
      ),
    changed: () => {},
    ended: async () => {},
  });
  stack.defer(() => loop.stop());
  const handIn = async (tenant: TenantId, text: string) => {
    const spooled = await files.spool.receive([Buffer.from(text)] as never, 2 ** 20);
    const request = { fileName: null, ...spooled };
    return add(journal, { type: 'import', request, tenant, app, same: null, idempotencyKey: null });
  };
  const ended = async (tenant: TenantId, id: Awaited<ReturnType<typeof handIn>>) => {
    for (;;) {
      const job = (await journal.find(tenant, id))!;
      if (job.state === 'finished' || job.state === 'failed') return job;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const poisoned = await handIn(contoso, 'poison: loop');
  loop.wake();
  while ((await journal.find(contoso, poisoned))?.state !== 'running') await new Promise(setImmediate);
  const healthy = await handIn(fabrikam, record('theirs'));
  loop.wake();
  const theirs = await ended(fabrikam, healthy);
  assert.deepEqual(theirs.state === 'finished' && theirs.outcome.type === 'import' && theirs.outcome.result.added, 1);
  const exported = await jobs.addExport(fabrikam);
  loop.wake();
  assert.equal((await ended(fabrikam, exported)).state, 'finished');
  assert.equal((await journal.find(contoso, poisoned))?.state, 'running', 'the poison file was read all the while');

  const { key } = (await journal.find(contoso, poisoned))!;
  await journal.cancel(key, 'running', 1);
  loop.check(key);
  const exhausting = await handIn(contoso, 'poison: memory');
  loop.wake();
  const failed = await ended(contoso, exhausting);
  assert.equal(failed.state === 'failed' && failed.failure.code, 'import_poisoned');
  assert.equal(failed.attempt, 1);
  const later = await handIn(contoso, record('ours'));
  loop.wake();
  assert.equal((await ended(contoso, later)).state, 'finished');
});
